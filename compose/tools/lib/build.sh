# shellcheck shell=bash
# The project's own images, by Maven and Jib. Sourced, never run.

# The two applications and what they are made of; their tests are compose/test's. The base is the engine's own
# JRE_IMAGE, official or not: it is here by now.
build_images() {
  mvn -B -ntp -f "$ROOT/pom.xml" -pl web-node,lb-renderer -am package jib:dockerBuild -Dmaven.test.skip=true \
    "-Dimage.jre=docker://$JRE_IMAGE" "-Dimage.tag=$(setting ROLLCALL_TAG latest)"
}

# Images that a newer build has taken the name of; no container can be made of them any more.
drop_replaced_images() {
  docker image prune -f --filter label=dev.rollcall.part
  docker image prune -f --filter label=dev.rollcall.recipe
  docker image prune -f --filter label=dev.rollcall.made-of
}
