# Makes an image of Zhiyin: docs/containers.md tells how to use it.
ARG BASE=docker.io/library/python:3.11-slim-bookworm
FROM ${BASE}

# Mirrors of the package index, where one is needed: `--build-arg UV_DEFAULT_INDEX=…`.
ARG PIP_INDEX_URL
ARG UV_DEFAULT_INDEX

# MindSpore wants OpenMP's library, and with libopus the radio takes a fourth of the processor.
# ffmpeg and a compiler come with the packages below.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 libopus0 \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /opt/zhiyin
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY cogs cogs
RUN python3 -m pip install -qq --no-cache-dir --target /opt/uv uv \
    && UV_PYTHON_DOWNLOADS=never /opt/uv/bin/uv sync --no-cache \
    && rm -rf /opt/uv

# A user of its own, whose are the two volumes and nothing else.
RUN useradd --uid 1000 --create-home zhiyin \
    && install --directory --owner=zhiyin --mode=0700 /data /cache
USER zhiyin
WORKDIR /home/zhiyin
ENV ZHIYIN_STORAGE_FOLDER=/data XDG_CACHE_HOME=/cache HF_HOME=/cache/huggingface
VOLUME ["/data", "/cache"]
ENTRYPOINT ["/opt/zhiyin/.venv/bin/zhiyin"]
CMD ["run"]
