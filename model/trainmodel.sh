#!/bin/sh
# Train the model in its container: build the training image, copy NAME.pkl and NAME.json out of it.
# CDK_DOCKER names another engine (podman, finch), PLATFORM another architecture (linux/arm64), BASE a base image.
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

# In this folder, so that the last step is a rename within one file system. What killed trainings left is swept.
find . -maxdepth 1 -name '.training-*' -mmin +60 -exec rm -rf {} +
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
# The image says which data it was trained on.
for data in training/*.csv; do
    [ ! -f "$data" ] || set -- "$@" --label "$(basename "$data").sha256=$(sha256 "$data")"
done
# Lambda refuses image indexes, which attestations would make of it.
BUILDX_NO_DEFAULT_ATTESTATIONS=1 "$engine" build --platform "$platform" --file TrainingDockerfile --force-rm \
    "$@" --iidfile "$temporary/image" .
container=$("$engine" create --platform "$platform" "$(cat "$temporary/image")")
"$engine" cp "$container:/var/task/trained/." "$temporary/trained"
pickle=$(basename "$temporary/trained/"*.pkl)
manifest=${pickle%.pkl}.json

tag=$image:$(sha256 "$temporary/trained/$pickle" | cut -c 1-12)
"$engine" tag "$(cat "$temporary/image")" "$tag"
chmod 644 "$temporary/trained/$pickle" "$temporary/trained/$manifest"
# One training at a time takes the names: two at once would mix their pairs. A lock of a minute ago is a dead one's.
until mkdir .training-lock 2>/dev/null; do
    find . -maxdepth 1 -name .training-lock -mmin +1 -exec rmdir {} +
    sleep 0.2
done
mv "$temporary/trained/$pickle" "$temporary/trained/$manifest" .
rmdir .training-lock
echo "Trained: $PWD/$pickle and $manifest. The image $tag keeps the data, the code and the model."
for other in *.pkl; do
    [ "$other" = "$pickle" ] || echo "The function takes one model: remove $other and ${other%.pkl}.json." >&2
done
