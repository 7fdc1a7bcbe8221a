"""Arrays and histories in, pictures out: Altair charts, ECharts options, SVG text. Pure functions, no Streamlit."""
