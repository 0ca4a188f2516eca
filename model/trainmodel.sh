#!/bin/sh
# Train the model in its container: build the training image, and copy NAME.pkl and NAME.json out of it.
# Settings: CDK_DOCKER=podman uses another engine, PLATFORM=linux/arm64 another architecture, BASE another base image.
set -eu
cd "$(dirname "$0")"
engine=${CDK_DOCKER:-docker}
platform=${PLATFORM:-linux/amd64}
repository=predictive-lambda-training

fail() {
    echo "trainmodel.sh: $1" >&2
    exit 1
}

command -v "$engine" >/dev/null ||
    fail "$engine was not found. Install Docker (https://docs.docker.com/get-docker/), or name another engine: CDK_DOCKER=podman"
"$engine" version >/dev/null ||
    fail "$engine does not work (see above). Is its service running, and are you allowed to use it?"

# Inside this folder, so that the final mv is a rename, which replaces each file at once.
temporary=$(mktemp -d .training-XXXXXX)
container=
clean_up() {
    [ -z "$container" ] || "$engine" rm "$container" >/dev/null
    rm -rf "$temporary"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

sha256() {
    { sha256sum "$1" 2>/dev/null || shasum -a 256 "$1"; } | cut -d ' ' -f 1
}

set -- ${BASE:+--build-arg "BASE=$BASE"}
# Labels record the data that the model was trained on.
for data in training/*.csv; do
    [ ! -f "$data" ] || set -- "$@" --label "$(basename "$data").sha256=$(sha256 "$data")"
done
# Without attestations, which turn the image into an index: Lambda rejects indexes.
BUILDX_NO_DEFAULT_ATTESTATIONS=1 "$engine" build --platform "$platform" --file TrainingDockerfile --force-rm \
    "$@" --iidfile "$temporary/image" .
container=$("$engine" create --platform "$platform" "$(cat "$temporary/image")")
"$engine" cp "$container:/var/task/trained/." "$temporary/trained"
pickle=$(basename "$temporary/trained/"*.pkl)
manifest=${pickle%.pkl}.json

tag=$repository:$(sha256 "$temporary/trained/$pickle" | cut -c 1-12)
"$engine" tag "$(cat "$temporary/image")" "$tag"
chmod 644 "$temporary/trained/$pickle" "$temporary/trained/$manifest"
mv "$temporary/trained/$pickle" "$temporary/trained/$manifest" .
echo "Wrote $PWD/$pickle and $manifest. The image $tag keeps the data, the code and the model."
for other in *.pkl; do
    [ "$other" = "$pickle" ] || echo "A function serves only one model: remove $other and ${other%.pkl}.json." >&2
done
