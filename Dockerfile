# One image, one command: `docker run --rm -v "$PWD/runs:/data/runs" replystorm run smoke`.
# Nothing here needs a native addon, so the packages of the build stage's platform run on any.

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY src ./src
RUN npm run build

FROM node:24-bookworm-slim AS production
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The last image has no shell: the folder for runs is made here and copied with its owner.
RUN npm ci --omit=dev --ignore-scripts && mkdir -p /data/runs

FROM gcr.io/distroless/nodejs24-debian12:nonroot
LABEL org.opencontainers.image.title="replystorm" \
      org.opencontainers.image.description="Replays a reply-all mail storm against a mail system you own" \
      org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production
COPY --from=production /app/node_modules /app/node_modules
COPY --from=build /app/dist /app/dist
COPY package.json LICENSE /app/
COPY profiles /app/profiles
COPY --from=production --chown=65532:65532 /data /data
WORKDIR /data
VOLUME ["/data/runs"]
USER 65532:65532
# The first interrupt ends a run in order: it drains, judges what it saw and writes the record.
STOPSIGNAL SIGINT
ENTRYPOINT ["/nodejs/bin/node", "/app/dist/main.js"]
CMD ["run", "smoke"]
