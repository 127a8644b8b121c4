# syntax=docker/dockerfile:1
# Built in one stage, run in another: neither compilers nor uv are in the image that runs.

FROM python:3.13-slim AS build
ARG UV_VERSION=0.9.7
# The version comes from the Git tag, which is not in the build's context: name it here.
ARG VERSION=0.0.0
ENV SETUPTOOLS_SCM_PRETEND_VERSION=${VERSION} \
    UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_PROJECT_ENVIRONMENT=/opt/papercourier \
    UV_PYTHON_DOWNLOADS=never
RUN pip install --no-cache-dir "uv==${UV_VERSION}"
WORKDIR /build
# The dependencies change seldom: they stay a layer of their own.
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN uv sync --frozen --no-install-project --extra postgres --no-editable
COPY bot bot
COPY adapters adapters
COPY migrations migrations
RUN uv sync --frozen --extra postgres --no-editable

FROM python:3.13-slim
LABEL org.opencontainers.image.title="Papercourier" \
      org.opencontainers.image.licenses="MIT"
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin papercourier \
    && install --directory --owner=papercourier --group=papercourier --mode=0700 /data
COPY --from=build /opt/papercourier /opt/papercourier
ENV PATH=/opt/papercourier/bin:$PATH \
    PAPERCOURIER_HOME=/data \
    PYTHONDONTWRITEBYTECODE=1 \
    WEB_HOST=0.0.0.0 \
    WEB_PORT=8080
USER 10001:10001
WORKDIR /data
# All that is written is in here: the database, its journal, cached texts. The rest may be read-only.
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['WEB_PORT'] + '/healthz', timeout=8)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["papercourier"]
CMD ["run"]
