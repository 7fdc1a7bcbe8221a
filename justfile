# The four commands of CONTRIBUTING.md, and the documentation. `just` lists them.

_list:
    @just --list

# Install what development needs
setup:
    python -m pip install -r requirements-dev.txt && pre-commit install

# Run tests; all of them, or those named
test *tests:
    python -m pytest {{ if tests == "" { "-n 2 --dist loadfile" } else { tests } }}

# Check and format the code
check:
    python -m ruff check . && python -m ruff format . && python -m mypy

# Start the app
app:
    python -m streamlit run app.py

# Build the documentation into site/
docs:
    python -m mkdocs build --strict
