# syntax=docker/dockerfile:1
# Two stages: the first builds, the second holds the runtime, the compiled server and the agent, and nothing else.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Without the optional packages: the image has its own Node, and production has its own PostgreSQL.
RUN npm ci --omit=optional --ignore-scripts
COPY tsconfig.json tsconfig.build.json nest-cli.json ./
COPY src src
COPY migrations migrations
RUN npx nest build && npm prune --omit=dev --omit=optional --ignore-scripts

FROM node:24-bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends libcap2-bin \
 && setcap cap_net_bind_service=+ep /usr/local/bin/node \
 && apt-get purge -y --auto-remove libcap2-bin \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /var/lib/fleetcert --create-home --shell /usr/sbin/nologin fleetcert
WORKDIR /app
ENV NODE_ENV=production \
    FLEETCERT_DATA_DIR=/var/lib/fleetcert
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json openapi.json ./
COPY bin bin
COPY agent agent
USER fleetcert
VOLUME /var/lib/fleetcert
EXPOSE 53/udp 53/tcp 8080/tcp
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:'+((process.env.FLEETCERT_HTTP_LISTEN||':8080').split(':').pop())+'/health/ready').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]
STOPSIGNAL SIGTERM
CMD ["node", "--enable-source-maps", "dist/src/main.js"]
