#!/bin/sh
# Train the model in its container: build the training image, copy chipotle.pkl and chipotle.json out of it.
# CDK_DOCKER names another engine (podman, finch), PLATFORM another architecture (linux/arm64).
set -eu
cd "$(dirname "$0")"
engine=${CDK_DOCKER:-docker}
platform=${PLATFORM:-linux/amd64}
image=predictive-lambda-training

fail() {
    echo "trainmodel.sh: $1" >&2
    exit 1
}

command -v "$engine" >/dev/null ||
    fail "there is no $engine. Install Docker (https://docs.docker.com/get-docker/), or name another engine: CDK_DOCKER=podman $0"
"$engine" info >/dev/null 2>&1 ||
    fail "$engine does not reach its engine. Start Docker Desktop or the docker service, or join the docker group, and try again."

# In this folder, so that the last step is a rename within one file system.
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

# Lambda refuses image indexes, which attestations would make of it.
BUILDX_NO_DEFAULT_ATTESTATIONS=1 "$engine" build --platform "$platform" --file TrainingDockerfile \
    --label "chipotle_stores.csv.sha256=$(sha256 training/chipotle_stores.csv)" \
    --iidfile "$temporary/image" .
container=$("$engine" create --platform "$platform" "$(cat "$temporary/image")")
"$engine" cp "$container:/var/task/chipotle.pkl" "$temporary"
"$engine" cp "$container:/var/task/chipotle.json" "$temporary"

tag=$image:$(sha256 "$temporary/chipotle.pkl" | cut -c 1-12)
"$engine" tag "$(cat "$temporary/image")" "$tag"
chmod 644 "$temporary/chipotle.pkl" "$temporary/chipotle.json"
mv "$temporary/chipotle.pkl" "$temporary/chipotle.json" .
echo "Trained: $PWD/chipotle.pkl and chipotle.json. The image $tag keeps the data, the code and the model."
