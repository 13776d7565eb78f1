# The image of the watcher and of the command line: Node, the bundle, nothing else; no shell is needed to run it.
#   docker build --build-arg VERSION=1.2.3 --build-arg REVISION="$(git rev-parse HEAD)" -t kubectl-mysql:1.2.3 .
# With --target fn: the image of the function for Kustomize and kpt, which start an image without arguments.
#   docker build --target fn -t kubectl-mysql-fn:1.2.3 .

FROM node:24-slim AS build
WORKDIR /src
COPY . .
# npm ci removes a node_modules that came along from the machine that builds
RUN npm ci --no-audit --no-fund && npm run build

FROM node:24-slim AS program
ARG VERSION=0.0.0-dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="kubectl-mysql" \
      org.opencontainers.image.description="Run MySQL on Kubernetes from git: a MySQL resource rendered to plain, reviewable manifests" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV NODE_ENV=production HOME=/tmp
WORKDIR /tmp
COPY --from=build /src/dist/*.js /src/dist/*.cache /app/
# plugin.yaml of Argo CD starts it by its name
RUN ln -s /app/kubectl-mysql.js /usr/local/bin/kubectl-mysql
USER 65532:65532
ENTRYPOINT ["node", "/app/kubectl-mysql.js"]

FROM program AS fn
ENTRYPOINT ["node", "/app/kubectl-mysql.js", "fn"]

FROM program
