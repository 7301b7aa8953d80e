"""What bench_search is made of: the corpus, filling databases with it, the queries, the contenders, the report."""
