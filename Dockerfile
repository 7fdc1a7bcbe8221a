# NAS Explorer as a server: docker build -t nas-explorer . && docker run -p 8501:8501 -v nas-explorer:/data nas-explorer
# Without PyTorch, hundreds of MB smaller, and all but trainings, proxies and supernets works: --build-arg TORCH=none
FROM python:3.11-slim
ARG TORCH=cpu
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONUNBUFFERED=1 OMP_NUM_THREADS=1 \
    NAS_EXPLORER_DATA=/data NAS_EXPLORER_PROFILE=lab NAS_EXPLORER_LOG=stderr
WORKDIR /app
COPY requirements.txt ./
RUN if [ "$TORCH" = none ]; then sed -i -E '/^(torch|safetensors|onnx|onnxruntime)==/d' requirements.txt; fi \
    && pip install --extra-index-url https://download.pytorch.org/whl/cpu -r requirements.txt
COPY pyproject.toml app.py ./
COPY .streamlit ./.streamlit
COPY assets ./assets
COPY nas_core ./nas_core
COPY pages ./pages
COPY ui ./ui
RUN useradd --uid 10001 --create-home explorer && mkdir /data && chown explorer /data
USER explorer
VOLUME /data
EXPOSE 8501
HEALTHCHECK --start-period=30s --interval=30s --timeout=10s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=5)"]
CMD ["python", "-m", "nas_core", "app", "--port", "8501", "--server.headless", "true", "--server.address", "0.0.0.0"]
