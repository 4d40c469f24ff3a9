# pressmark as a static binary, on an image with nothing else but root certificates and a folder for temporary
# files. Runs as a user without rights:
#
#   docker build -t pressmark .
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/data" pressmark verify datasets/mine
FROM rust:1.95-alpine3.22 AS builder
# hadolint ignore=DL3018
RUN apk add --no-cache gcc make musl-dev
WORKDIR /source
COPY . .
RUN cargo build --locked --profile dist --bin pressmark

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=builder /source/target/dist/pressmark /usr/local/bin/pressmark
COPY LICENSE /usr/share/doc/pressmark/LICENSE
USER 65532:65532
WORKDIR /data
ENTRYPOINT ["pressmark"]
