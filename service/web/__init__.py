"""What both skins share: what is refused, observed, logged, measured, and how answers and failures are sent."""
