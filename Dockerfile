# The service without an embedded PostgreSQL: DATABASE_URL must be given. docs/operating.md says how to run it.
#
# Packages are exactly those of uv.lock, checked by hash. The base image's tag moves with its security fixes;
# whoever needs the same bytes again passes --build-context python:3.13-slim-bookworm=docker-image://…@sha256:….

FROM python:3.13-slim-bookworm AS build
ENV UV_LINK_MODE=copy \
    UV_NO_CACHE=1 \
    UV_PYTHON_DOWNLOADS=never \
    UV_COMPILE_BYTECODE=1 \
    UV_PROJECT_ENVIRONMENT=/opt/colophon
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /src
# Dependencies first: their layer stays while only our code changes.
COPY pyproject.toml uv.lock ./
RUN uv sync --locked --no-dev --no-install-project
COPY README.md LICENSE ./
COPY schema schema
COPY service service
RUN uv sync --locked --no-dev --no-editable

FROM python:3.13-slim-bookworm
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="Colophon" \
      org.opencontainers.image.description="A metadata service for research papers, over REST and GraphQL" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
RUN groupadd --gid 10001 colophon \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin colophon
COPY --from=build /opt/colophon /opt/colophon
ENV PATH=/opt/colophon/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    COLOPHON_HOST=0.0.0.0 \
    COLOPHON_LOG_FORMAT=json
# By number, so that Kubernetes can see that it is not root. Nothing is written anywhere: the file system may be read-only.
USER 10001:10001
WORKDIR /
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s CMD ["python", "-I", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ.get('COLOPHON_PORT', '8000') + '/healthz', timeout=2)"]
# Exec form: the service is process 1 and gets SIGTERM itself.
ENTRYPOINT ["colophon"]
CMD ["serve"]
