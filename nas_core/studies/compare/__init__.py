"""Which search is better, and how sure is that? The one answer of every page and of the command line.

`pairs` has the test, `claims` what follows from it for all that are compared, `sentences` the words for it, and `races`
takes the numbers from the traces of searches. Why this test: docs/decisions/0027.
"""
