# One node. Build: docker build -t vapi-cn:1.0.0 .
# The base is Deno's own image on Debian: the server loads glibc, so that Alpine
# will not do. A mirror: --build-arg DENO_IMAGE=mirror.example.com/deno:2.9.6
ARG DENO_IMAGE=denoland/deno:2.9.6

# The packages of deno.lock, and every module checked against it.
FROM ${DENO_IMAGE} AS packages
ENV DENO_DIR=/deno-dir
WORKDIR /app
COPY deno.json deno.lock main.ts ./
COPY src ./src
COPY workers ./workers
RUN ["deno", "cache", "--frozen", "main.ts", "workers/media_worker.ts", "workers/shard_worker.ts"]

FROM ${DENO_IMAGE}
ENV DENO_DIR=/deno-dir DENO_NO_UPDATE_CHECK=1 NO_COLOR=1
# A container is reached from outside or not at all; ESL_ALLOW still decides who
# may hand over calls, and lets in this machine alone unless it is set.
ENV HTTP_HOST=0.0.0.0 ESL_HOST=0.0.0.0 GATEWAY_HOST=0.0.0.0
WORKDIR /app
COPY --from=packages /deno-dir /deno-dir
COPY --from=packages /app ./
COPY tools/deploy/health_check.ts ./
# Nobody in particular: owns nothing, writes nowhere.
USER 10001:10001
EXPOSE 3000/tcp 3001/tcp 8084/tcp
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
  CMD ["deno", "run", "--cached-only", "--no-config", "--allow-net", "--allow-env=HTTP_HOST,HTTP_PORT", "health_check.ts"]
STOPSIGNAL SIGTERM
# Not by a shell, so that SIGTERM reaches the server. The permissions are those
# of the task `start`. Secrets may stand in the file, one NAME='value' a line.
ENTRYPOINT ["deno", "run", "--cached-only", "--frozen", "--no-code-cache", "--env-file=/run/secrets/vapi.env", "--v8-flags=--max-semi-space-size=4", "--allow-net", "--allow-env", "--allow-read", "--allow-sys", "--allow-ffi=/lib/x86_64-linux-gnu/libc.so.6,/lib/aarch64-linux-gnu/libc.so.6,/lib64/libc.so.6", "main.ts"]
