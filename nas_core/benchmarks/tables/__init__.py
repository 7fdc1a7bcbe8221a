"""What the benchmarks that are tables have in common: the kinds of table, and the columns and errors added to them."""
