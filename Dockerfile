# Built by cloudbuild.yaml; the same steps run in tests/integration/dockerfile.test.ts, without an engine.
# `infra/image/pin.sh` writes the digests of these two behind their tags; only dev is released without.
ARG BUILD_IMAGE=docker.io/library/node:24-trixie-slim
ARG BASE_IMAGE=gcr.io/distroless/nodejs24-debian13:nonroot

# What the product needs at run time, from the lockfile. Without optional dependencies of our own, which are two copies of
# Node, but with those of others: the native half of DuckDB is one. No script of a package runs here.
FROM ${BUILD_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
COPY dashboard/package.json dashboard/
RUN npm pkg delete optionalDependencies && npm ci --omit=dev --ignore-scripts --no-audit --no-fund
COPY infra/image/prune.ts infra/image/
RUN node infra/image/prune.ts node_modules

# The dashboard, as plain files. Its packages stay in this stage.
FROM ${BUILD_IMAGE} AS dashboard
WORKDIR /app
COPY package.json package-lock.json tsconfig.json ./
COPY dashboard/package.json dashboard/
RUN npm pkg delete optionalDependencies && npm ci --workspace dashboard --ignore-scripts --no-audit --no-fund
COPY functions/api functions/api
COPY dashboard dashboard
RUN npm run build --workspace dashboard

# Sources as they are, owned by root: whoever runs can read them and change nothing.
FROM ${BASE_IMAGE} AS product
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json ./
COPY config config
COPY cli cli
COPY mock mock
COPY functions functions
COPY --from=dashboard /app/dashboard/dist dashboard/dist
ENV PATH=/nodejs/bin:/usr/local/bin:/usr/bin:/bin \
    NODE_ENV=production \
    NODE_OPTIONS=--disable-warning=ExperimentalWarning \
    NODE_COMPILE_CACHE=/app/.compile-cache \
    UV_THREADPOOL_SIZE=8 \
    DAYBREAK_HOME=/tmp/daybreak \
    TZ=UTC
USER 65532:65532

# Compiled code of every module, by the Node and as the user that will look for it, and with modules at their final paths: its
# name is made of these.
FROM product AS warm
ENV NODE_COMPILE_CACHE=/tmp/compile-cache
COPY infra/image/warm.ts infra/image/
RUN ["/nodejs/bin/node", "infra/image/warm.ts"]

FROM product
COPY --from=warm /tmp/compile-cache .compile-cache
EXPOSE 8080
# For whoever runs it by hand. Cloud Run has probes of its own: infra/stacks/containers.ts.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["/nodejs/bin/node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 8080) + '/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/nodejs/bin/node"]
CMD ["functions/server.ts"]
ARG COMMIT_SHA=unknown
LABEL org.opencontainers.image.revision=${COMMIT_SHA}
