"""Questions asked of tables and of runs, and their answers: in numbers, and in sentences that claim no more than those.

A study needs no page: it takes arrays, histories or benchmarks, and pages, charts and the command line show
what it finds.
"""
