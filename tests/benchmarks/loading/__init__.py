"""What bench_load is made of."""
