#!/bin/sh
# manifest-bump: every shape in which files pin versions; each changes in its one place
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"

# shape NAME FILE SED ARGUMENT... - the file on stdin; SED makes what is expected out of it
shape() {
	shape_name=$1 file=$2 change=$3
	shift 3
	rm -rf dir && mkdir dir
	cat >"dir/$file"
	sed "$change" "dir/$file" >want
	manifest-bump -n "$@" "dir/$file" >out 2>err
	got=$?
	[ $got = 0 ] && ! cmp -s want "dir/$file" && got=differs
	[ $got = 0 ]
	verdict $? "$shape_name" || {
		printf '#   ran: manifest-bump -n %s: %s\n' "$*" "$got"
		evidence err err
		diff want "dir/$file" | sed 's/^/#   /'
	}
}
# refuses NAME FILE CODE ARGUMENT... - the file stays, the error has the word CODE
refuses() {
	shape_name=$1 file=$2 code=$3
	shift 3
	rm -rf dir && mkdir dir
	cat >"dir/$file"
	cp "dir/$file" want
	manifest-bump -n "$@" "dir/$file" >out 2>err
	[ "$(jq -r 'select(.error).error.code' out)" = "$code" ] && cmp -s want "dir/$file"
	verdict $? "$shape_name" || evidence err err
}

shape 'Compose, block' c.yaml s/1.2.3/1.2.4/ --image acme/app --to 1.2.4 <<'END'
services:
  web:
    image: acme/app:1.2.3   # pinned
END
shape 'flow, double quotes' c.yaml s/1.2.3/1.2.4/ --service web --to 1.2.4 <<'END'
services: {web: {"image": "acme/app:1.2.3", ports: ["80:80"]}, db: {image: 'postgres:16'}}
END
shape 'single quotes' c.yaml s/1.2.3/1.2.4/ --image app --to 1.2.4 <<'END'
services: {web: {image: 'acme/app:1.2.3'}}
END
shape 'folded' c.yaml s/1.2.3/1.2.4/ --service web --to 1.2.4 <<'END'
services:
  web:
    image: >-
      acme/app:1.2.3
    command: x
END
shape 'literal' c.yaml s/1.2.3/1.2.4/ --service web --to 1.2.4 <<'END'
services:
  web:
    image: |
      acme/app:1.2.3
    command: x
END
shape 'double quotes with an escape' c.yaml s/1.2.3/1.2.4/ --service web --to 1.2.4 <<'END'
services:
  web: {image: "\x61cme/app:1.2.3"}
END
shape 'a registry with a port' c.yaml s/1.2.3/1.2.4/ --image reg.example.com:5000/acme/app --to 1.2.4 <<'END'
services: {web: {image: reg.example.com:5000/acme/app:1.2.3}}
END
shape 'with a digest, which is replaced' c.yaml 's/1.2.3@sha256:aa/1.2.4@sha256:bb/' --image acme/app --to 1.2.4 --digest sha256:bb <<'END'
services: {web: {image: acme/app:1.2.3@sha256:aa}}
END
refuses 'with a digest, which is forgotten' c.yaml refuse-stale-digest --image acme/app --to 1.2.4 <<'END'
services: {web: {image: acme/app:1.2.3@sha256:aa}}
END
shape '${X:-repo:tag}' c.yaml s/1.2.3/1.2.4/ --service web --to 1.2.4 <<'END'
services: {web: {image: "${WEB:-acme/app:1.2.3}"}}
END
shape 'repo:${TAG:-tag}' c.yaml s/5-alpine/6-alpine/ --service web --to 6-alpine <<'END'
services:
  web:
    image: redmine:${TAG:-5-alpine}
END
shape '${REG}/acme/app:tag' c.yaml s/1.2.3/1.2.4/ --image acme/app --to 1.2.4 <<'END'
services: {web: {image: '${REG}/acme/app:1.2.3'}}
END
shape '${IMAGE:-repo}:tag' c.yaml s/1.2.3/1.2.4/ --image acme/app --to 1.2.4 <<'END'
services: {web: {image: '${IMAGE:-reg/acme/app}:1.2.3'}}
END
refuses 'a bare variable is indirect' c.yaml indirect --service web --to 1.2.4 <<'END'
services: {web: {image: "${WEB}"}}
END
grep -q 'the variable WEB' err
verdict $? 'and is named'
shape 'a tag for a reference without one' c.yaml 's/busybox/busybox:1.36/' --image busybox --to 1.36 --allow-incomparable <<'END'
services: {web: {image: busybox}}
END

# environment files beside the manifest
mkdir env && printf 'services:\n  web: {image: "acme/app:${TAG}"}\n  db: {image: "$DB"}\n' >env/c.yaml
printf '# versions\nexport TAG="1.2.3" # web\nDB=postgres:16.3 # db\n' >env/.env
exits '--follow-env' 0 manifest-bump -n --service web --to 1.2.4 --follow-env env/c.yaml
exits 'a whole reference in a variable' 0 manifest-bump -n --service db --to 16.4 --follow-env env/c.yaml
same 'only the values changed' env/.env <<'END'
# versions
export TAG="1.2.4" # web
DB=postgres:16.4 # db
END
printf 'services: {x: {image: "acme/x:${XTAG:-1.0.0}"}}\n' >env/d.yaml
echo 'XTAG=1.0.0' >>env/.env
exits 'a default that .env overrides' 0 manifest-bump -n --service x --to 1.0.1 --follow-env env/d.yaml
grep -q '^XTAG=1.0.1$' env/.env && grep -q 'XTAG:-1.0.0' env/d.yaml
verdict $? '--follow-env changes what counts'
exits 'without it' 0 manifest-bump -n --service x --to 1.0.1 env/d.yaml
grep -q 'wins over the default' err && grep -q 'XTAG:-1.0.1' env/d.yaml
verdict $? 'the default is changed, with a warning'
exits 'a stateful major behind a variable' 1 manifest-bump -n --service db --to 17.0 --follow-env env/c.yaml
shape '.env by its image' .env s/16.3/16.4/ --image postgres --to 16.4 <<'END'
DB='postgres:16.3'
END
shape '.env by its key' .env /REDMINE/s/5-alpine/6-alpine/ --path REDMINE_IMAGE_TAG --image redmine --to 6-alpine <<'END'
export REDMINE_IMAGE_TAG=5-alpine # here
OTHER=5-alpine
END

# a variable is a part of the tag
around='services:
  db: {image: "postgres:${PG:-16.3}-alpine"}
  web: {image: "acme/app:v${V}"}
  map: {image: {repository: acme/map, tag: "v${V:-1.2.3}"}}'
shape 'the whole tag is asked for: only the default changes' c.yaml 2s/16.3/16.4/ --service db --to 16.4-alpine <<END
$around
END
shape 'so is the value' c.yaml 2s/16.3/16.4/ --service db --to 16.4 <<END
$around
END
shape 'in a tag of its own' c.yaml 4s/1.2.3/1.2.4/ --service map --to v1.2.4 <<END
$around
END
refuses 'a major of the whole tag' c.yaml refuse-stateful-major --service db --to 17.1-alpine <<END
$around
END
refuses 'another variant' c.yaml refuse-variant --service db --to 16.4-bookworm <<END
$around
END
refuses 'a digest, which would stand in the midst of the tag' c.yaml no-digest --service db --to 16.4-alpine@sha256:aa <<END
$around
END
refuses 'no default: the variable is named' c.yaml indirect --service web --to v1.2.4 <<END
$around
END
grep -q 'the variable V$' err
verdict $? 'though it is not the beginning of the tag' || evidence err err
mkdir part && printf '%s\n' "$around" >part/c.yaml
printf 'PG=16.3\nV=${REAL}\nREAL=1.2.3\nLOST=${NONE}\nEMPTY=\n' >part/.env
cat >>part/c.yaml <<'END'
  lost: {image: "acme/lost:${LOST}"}
  empty: {image: "acme/empty:${EMPTY:-1.2.3}"}
END
for request in 'db 16.4-alpine' 'web v1.2.4' 'empty 1.2.4'; do
	exits "--follow-env: $request" 0 manifest-bump -n --follow-env --service "${request% *}" --to "${request#* }" part/c.yaml
done
same 'the values alone change, through a variable that is set to another one' part/.env <<'END'
PG=16.4
V=${REAL}
REAL=1.2.4
LOST=${NONE}
EMPTY=
END
grep -q 'EMPTY:-1.2.4' part/c.yaml
verdict $? 'a variable that is set to nothing leaves it to the default'
# several variables of one .env: each edit once, none lost
printf 'services: {a: {image: "x:${A}"}, b: {image: "x:${B}"}, c: {image: "x:${A}"}, d: {image: "x:1.2.3"}}\n' >part/all.yaml
printf 'A=1.2.3\nB=1.2.3\n' >part/all.env
exits 'two variables for three services' 0 manifest-bump -n --all --follow-env --env-file part/all.env --image x --to 1.2.4 part/all.yaml ./part/all.yaml
printf 'A=1.2.4\nB=1.2.4\n' | cmp - part/all.env && [ "$(jq '.result.changes // [] | length' out | tail -n 1)" = 3 ]
verdict $? 'both change, and each is told once, though the file is given twice' || evidence err err
exits 'a variable that is set to one that is not there' 1 manifest-bump -n --follow-env --service lost --to 1.2.4 part/c.yaml
grep -q 'part/.env:4:6: .* variable NONE' err
verdict $? 'both are named' || evidence err err

# anchors
refuses 'a shared scalar, for one user' c.yaml shared-anchor --service b --to 1.2.4 <<'END'
services:
  a: {image: &img acme/app:1.2.3}
  b: {image: *img}
END
grep -q 'dir/c.yaml:3:14 services.b.image' err
verdict $? 'all users are listed' || cat err
shape 'for all users' c.yaml s/1.2.3/1.2.4/ --service b --to 1.2.4 --all-users <<'END'
services:
  a: {image: &img acme/app:1.2.3}
  b: {image: *img}
END
shape 'by its image' c.yaml s/1.2.3/1.2.4/ --image acme/app --to 1.2.4 <<'END'
services:
  a: {image: &img !!str acme/app:1.2.3}
  b: {image: *img}
END
refuses 'a merged map, for one user' c.yaml shared-anchor --service a --to 1.2.4 <<'END'
x-base: &base
  image: acme/app:1.2.3
services:
  a:
    <<: *base
  b:
    <<: [*base]
END
shape 'a merged map with one user' c.yaml 2s/1.2.3/1.2.4/ --service a --to 1.2.4 <<'END'
x-base: &base
  image: acme/app:1.2.3
services:
  a: {<<: *base}
  b: {<<: *base, image: "acme/other:1.2.3"}
END

# maps
shape 'Helm values' values.yaml s/1.2.3/1.2.4/ --image ghcr.io/acme/app --to 1.2.4 <<'END'
web:
  image:
    registry: ghcr.io
    repository: acme/app
    tag: 1.2.3
    digest: ""
END
shape 'a digest beside the tag' values.yaml 's/1.2.3/1.2.4/;s/sha256:aa/sha256:bb/' --image acme/app --to 1.2.4@sha256:bb <<'END'
image: {repository: acme/app, digest: 'sha256:aa', tag: 1.2.3}
END
refuses 'a digest that the charts of Grafana call sha' values.yaml refuse-stale-digest --image acme/app --to 1.2.4 <<'END'
image: {repository: acme/app, tag: 1.2.3, sha: 0000000000000000000000000000000000000000000000000000000000000000}
END
new=1111111111111111111111111111111111111111111111111111111111111111
shape 'is bare' values.yaml "s/1.2.3/1.2.4/;s/0\{64\}/$new/" --image acme/app --to 1.2.4@sha256:$new <<'END'
image: {repository: acme/app, tag: 1.2.3, sha: "0000000000000000000000000000000000000000000000000000000000000000"}
END
refuses 'no digest' c.yaml bad-digest --image acme/app --to 1.2.4@1234 <<'END'
image: acme/app:1.2.3
END
shape 'imageTag' values.yaml s/1.2.3/1.2.4/ --image acme/app --to 1.2.4 <<'END'
image: acme/app
imageTag: 1.2.3
END
shape 'a key by path' values.yaml s/3.0.3/3.0.4/ --path prefect-server.server.image.prefectTag --to 3.0.4-python3.12-kubernetes <<'END'
prefect-server:
  server:
    image:
      prefectTag: 3.0.3-python3.12-kubernetes
END
shape 'keys with dots and slashes' values.yaml s/1.2.3/1.2.4/ --path "metadata.labels['app.kubernetes.io/version']" --to 1.2.4 <<'END'
metadata:
  labels:
    app.kubernetes.io/version: "1.2.3"
END
shape 'the same, escaped' values.yaml s/1.2.3/1.2.4/ --path 'metadata.labels.app\.kubernetes\.io/version' --to 1.2.4 <<'END'
metadata:
  labels:
    app.kubernetes.io/version: "1.2.3"
END

# charts
chart='apiVersion: v2
name: c
version: 2.8.0
appVersion: "1.0.0"
dependencies:
  - name: redis
    version: 19.5.2
    repository: https://charts.example.com
'
shape 'a chart dependency' Chart.yaml s/19.5.2/19.6.0/ --image redis --to 19.6.0 <<END
$chart
END
shape 'appVersion' Chart.yaml s/1.0.0/1.0.1/ --path appVersion --to 1.0.1 <<END
$chart
END
shape 'version' Chart.yaml s/2.8.0/2.9.0/ --path version --to 2.9.0 <<END
$chart
END

# Kubernetes
k8s='apiVersion: v1
kind: Service
metadata: {name: web}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      initContainers:
        - name: init
          image: acme/app:1.2.3
      containers:
        - name: web
          image: "acme/app:1.2.3"
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: other}
spec: {template: {spec: {containers: [{name: web, image: acme/app:1.2.3}]}}}'
shape '--kind --name --container' k.yaml '17s/1.2.3/1.2.4/' --kind Deployment --name web --container web --to 1.2.4 <<END
$k8s
END
shape 'an init container' k.yaml '14s/1.2.3/1.2.4/' --container init --to 1.2.4 <<END
$k8s
END
shape '--doc' k.yaml '22s/1.2.3/1.2.4/' --doc 3 --image acme/app --to 1.2.4 <<END
$k8s
END
shape 'a predicate in the path' k.yaml '17s/1.2.3/1.2.4/' --doc 2 --path 'spec.template.spec.containers[name=web].image' --to 1.2.4 <<END
$k8s
END
shape '--all' k.yaml s/1.2.3/1.2.4/ --all --image acme/app --to 1.2.4 <<END
$k8s
END
shape 'kustomization' kustomization.yaml s/1.2.3/1.2.4/ --image acme/app --to 1.2.4 <<'END'
images:
  - name: acme/app
    newTag: 1.2.3
  - name: acme/db
    newTag: 16.1.0
END
shape 'kustomization with a digest' kustomization.yaml s/sha256:aa/sha256:bb/ --image acme/app --digest sha256:bb <<'END'
images:
  - name: acme/app
    digest: sha256:aa
END
shape 'Argo CD' app.yaml s/19.5.2/19.6.0/ --image redis --to 19.6.0 <<'END'
kind: Application
spec:
  source:
    repoURL: https://charts.example.com
    chart: redis
    targetRevision: 19.5.2
END
refuses 'a chart has no digest' app.yaml no-digest --image redis --to 19.6.0@sha256:aa <<'END'
spec: {source: {repoURL: https://charts.example.com, chart: redis, targetRevision: 19.5.2}}
END
images='spec: {source: {kustomize: {images: [acme/app:1.2.3, "web=ghcr.io/acme/web:2.0.0", name]}}}'
shape 'Argo CD: an image of kustomize' app.yaml s/1.2.3/1.2.4/ --image acme/app --to 1.2.4 <<END
$images
END
shape 'and one with another name' app.yaml s/2.0.0/2.0.1/ --image ghcr.io/acme/web --to 2.0.1 <<END
$images
END
shape 'HelmRelease' hr.yaml s/19.5.2/19.6.0/ --image redis --to 19.6.0 <<'END'
kind: HelmRelease
spec:
  chart:
    spec:
      chart: redis
      version: 19.5.2
END
shape 'OCIRepository' oci.yaml s/1.2.3/1.2.4/ --image ghcr.io/acme/charts/app --to 1.2.4 <<'END'
kind: OCIRepository
spec:
  url: oci://ghcr.io/acme/charts/app
  ref:
    tag: 1.2.3
END

# CI
actions='jobs:
  build:
    runs-on: x
    container: node:20.1.0
    services:
      db:
        image: postgres:16.3
    steps:
      - uses: actions/checkout@v4
      - uses: actions/cache@0123456789012345678901234567890123456789 # v4.1.0
      - uses: docker://alpine:3.19
      - uses: ./local'
shape 'GitHub action' ci.yml 's/checkout@v4/checkout@v4.2.0/' --image actions/checkout --to v4.2.0 <<END
$actions
END
shape 'commit and comment together' ci.yml \
    's/0123456789012345678901234567890123456789 # v4.1.0/abcdefabcdefabcdefabcdefabcdefabcdefabcd # v4.2.0/' \
    --image actions/cache --to v4.2.0 --digest abcdefabcdefabcdefabcdefabcdefabcdefabcd <<END
$actions
END
refuses 'the comment alone' ci.yml refuse-stale-digest --image actions/cache --to v4.2.0 <<END
$actions
END
sha=0123456789abcdef0123456789abcdef01234567
refuses 'a commit for what is pinned by a tag' ci.yml no-digest --image actions/checkout --to v4.2.0 --digest $sha <<END
$actions
END
refuses 'no commit' ci.yml bad-digest --image actions/cache --to v4.2.0 --digest sha256:aa <<END
$actions
END
shape 'a commit without a comment' ci.yml s/7777$/7778/ --image acme/x --digest 7777777777777777777777777777777777777778 <<'END'
jobs: {a: {steps: [
  uses: acme/x@7777777777777777777777777777777777777777
]}}
END
shape 'container of a job' ci.yml s/20.1.0/20.2.0/ --image node --to 20.2.0 <<END
$actions
END
shape 'service of a job' ci.yml s/16.3/16.4/ --service db --to 16.4 <<END
$actions
END
shape 'docker action' ci.yml s/3.19/3.20/ --image alpine --to 3.20 <<END
$actions
END
gitlab='image: ruby:3.2.1
include:
  - {project: acme/ci, ref: v1.2.3, file: x.yml}
build:
  image: {name: golang:1.22.1, entrypoint: [""]}
  services:
    - postgres:16.3
    - name: redis:7.2.4
      alias: cache'
shape 'GitLab image' .gitlab-ci.yml s/3.2.1/3.2.2/ --image ruby --to 3.2.2 <<END
$gitlab
END
shape 'GitLab image by name' .gitlab-ci.yml s/1.22.1/1.22.2/ --image golang --to 1.22.2 <<END
$gitlab
END
shape 'GitLab service' .gitlab-ci.yml s/16.3/16.4/ --image postgres --to 16.4 <<END
$gitlab
END
shape 'GitLab service by name' .gitlab-ci.yml s/7.2.4/7.2.5/ --image redis --to 7.2.5 <<END
$gitlab
END
shape 'a reusable workflow by its repository' .github.yml s/v1.2.3/v1.2.4/ --image acme/wf --to v1.2.4 <<'END'
jobs: {call: {uses: acme/wf/.github/workflows/x.yml@v1.2.3}}
END
shape 'a Git source of Argo CD by its repository' app.yaml s/v1.2.3/v1.2.4/ --image acme/repo --to v1.2.4 <<'END'
spec: {source: {repoURL: https://github.com/acme/repo.git, targetRevision: v1.2.3}}
END
shape 'CloudNativePG' db.yaml s/16.3/16.4/ --image postgresql --to 16.4 <<'END'
spec: {imageName: ghcr.io/cloudnative-pg/postgresql:16.3}
END
shape 'a chart is no image: a minor of mariadb' Chart.yaml s/18.2.0/18.3.0/ --image mariadb --to 18.3.0 <<'END'
dependencies: [{name: mariadb, version: 18.2.0}]
END
refuses 'GitLab: an image that jobs share' .gitlab-ci.yml shared-anchor --service test --to 1.22.2 <<'END'
.job: &job
  image: {name: golang:1.22.1}
build: {<<: *job}
test: {<<: *job}
END
shape 'GitLab component' .gitlab-ci.yml 2s/2.1.0/2.2.0/ --image components/opentofu/full-pipeline --to 2.2.0 <<'END'
include:
  - component: $CI_SERVER_FQDN/components/opentofu/full-pipeline@2.1.0  # pinned
    inputs: {version: 2.1.0}
END
shape 'GitLab include' .gitlab-ci.yml s/v1.2.3/v1.2.4/ --image acme/ci --to v1.2.4 <<END
$gitlab
END

# Dockerfiles
docker='ARG NODE=20.1.0
ARG BASE="alpine:3.19"
FROM --platform=$BUILDPLATFORM node:${NODE} AS build
FROM ${BASE} as run
COPY --from=build /a /b
COPY --from=busybox:1.36.0 /bin/sh /sh
COPY --chown=0 --from=0 /a /c
FROM run'
shape 'FROM through ARG' Dockerfile s/20.1.0/20.2.0/ --image node --to 20.2.0 <<END
$docker
END
shape 'a whole reference in ARG' Dockerfile s/3.19/3.20/ --image alpine --to 3.20 <<END
$docker
END
shape 'COPY --from' Dockerfile s/1.36.0/1.36.1/ --image busybox --to 1.36.1 <<END
$docker
END
shape 'FROM of a stage' app.Dockerfile 1s/1.2.3/1.2.4/ --service two --to 1.2.4 <<'END'
FROM acme/app:1.2.3 AS two
FROM acme/other:1.2.3@sha256:aa
END

docker='ARG PY=3.12.0
ARG BASE=python:${PY}-slim REG=docker.io NODE="20.10.0"
FROM ${BASE} AS one
FROM python:${PY}-slim AS two
RUN <<EOF
FROM node:1.0
EOF
RUN echo \
  FROM node:1.0
FROM ${REG}/library/node:${NODE} AS three
RUN --mount=type=bind,from=acme/tools:1.2.3,target=/t true
FROM \
  acme/split:1.0.0'
shape 'ARG that uses an ARG' Dockerfile 1s/3.12.0/3.12.1/ --image python --to 3.12.1 <<END
$docker
END
shape 'the whole tag, of which ARG is a part' Dockerfile 1s/3.12.0/3.12.1/ --image python --to 3.12.1-slim <<END
$docker
END
shape 'an ARG wins over a default in the FROM' Dockerfile 1s/3.12.0/3.12.1/ --image python --to 3.12.1 <<'END'
ARG PY=3.12.0
FROM python:${PY:-3.11.0}-slim
END
shape 'several in one ARG; heredocs and continued lines are no FROM' Dockerfile s/20.10.0/20.11.0/ --image node --to 20.11.0 <<END
$docker
END
shape 'RUN --mount from' Dockerfile s/1.2.3/1.2.4/ --image acme/tools --to 1.2.4 <<END
$docker
END
shape 'a FROM over two lines' Dockerfile s/1.0.0/1.0.1/ --image acme/split --to 1.0.1 <<END
$docker
END

# Helm templates
shape 'a Helm template' deployment.yaml s/1.36.0/1.36.1/ --image busybox --to 1.36.1 <<'END'
{{- if .Values.enabled }}
apiVersion: apps/v1
metadata:
  name: {{ include "x.name" . }}
  labels: {{- include "x.labels" . | nindent 4 }}
spec:
  template:
    spec:
      {{- with .Values.init }}
      initContainers:
        - name: wait
          image: "busybox:1.36.0"
      {{- end }}
      containers:
        - image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
          args: [{{ range .Values.args }}{{ . | quote }},{{ end }}]
{{- end }}
END

helm='metadata:
  labels: {{- include "common.labels.standard" ( dict "customLabels" .Values.commonLabels "context" $ ) | nindent 4 }}
    app.kubernetes.io/component: web
  annotations: {{- if .Values.annotations }}
    {{- toYaml .Values.annotations | nindent 4 }}
    {{- end }}
    checksum/config: {{ include (print $.Template.BasePath "/configmap.yaml") . | sha256sum }}
  {{ $key }}: {{ .Values.a }}-{{ .Values.b }}
spec:
  command: {{- toYaml .Values.command | nindent 4 }}
  - --more
  containers:
    - {{- toYaml .Values.first | nindent 6 }}
      name: {{ .Chart.Name }}
      image: {{ include "x.image" . }}
    {{- range $i, $c := .Values.more }}
    - name: {{ .Chart.Name }}
      image: busybox:1.36.0
      config: |
        [{{ $c.name }}]
{{ tpl $c.text $ | indent 8 }}
      {{- /* no } or : matters here }} */}}
      value: {{ printf "%s}}" (dict
        "a" 1) | quote }}
    {{- end }}'
shape 'a Helm template whose actions stand for lines' deployment.yaml s/1.36.0/1.36.1/ --image busybox --to 1.36.1 <<END
$helm
END
shape 'documents that an action parts; tabs in front of actions' all.yaml s/1.36.0/1.36.1/ --image busybox --to 1.36.1 <<END
{{ range \$i, \$e := .Values.list }}
{{ if \$i }}---{{ end }}
kind: Pod
spec:
	{{- if .x }}
  containers: [{image: busybox:1.36.0}]
	{{- end }}
{{ end }}
END
shape 'each of them has a path of its own' deployment.yaml s/1.36.0/1.36.1/ --path 'spec.containers[1].image' --to 1.36.1 <<END
$helm
END
printf 'image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"\n' >values-user.yaml
exits 'a version that an action fills in' 1 manifest-bump -n --path image --to 2 --follow-env values-user.yaml
grep -q 'values.yaml or Chart.yaml' err
verdict $? 'is not looked for in .env' || evidence err err

# quotes
shape 'a number stays plain where it was one' values.yaml 's/1.9/1.10/' --image acme/app --to 1.10 <<'END'
image: {repository: acme/app, tag: 1.9}
END
grep -q 'stays unquoted' err
verdict $? 'with a warning'
shape 'and is quoted where it was a string' values.yaml 's/1.9.0/"1.10"/' --image acme/app --to 1.10 --allow-downgrade <<'END'
image: {repository: acme/app, tag: 1.9.0}
END
shape '--quote keep' values.yaml 's/1.9.0/1.10/' --image acme/app --to 1.10 --allow-downgrade --quote keep <<'END'
image: {repository: acme/app, tag: 1.9.0}
END
shape '--quote always' values.yaml 's/1.9.0/"1.9.1"/' --image acme/app --to 1.9.1 --quote always <<'END'
image: {repository: acme/app, tag: 1.9.0}
END

# real files
if [ -d "$shared/real" ]; then
shape 'PMA' manifest.yaml s/5-alpine/6-alpine/ --service redmine --to 6-alpine <"$shared"/real/pma/packages/redmine/manifest.yaml
shape 'RyTask' c.yml '/image: postgres:16$/s/16/16.4/' --service postgres --to 16.4 <"$shared"/real/rytask/docker-compose.production.yml
shape 'Boards' c.yml '/image: postgres:15/s/15/15.8/' --service postgres --to 15.8-alpine <"$shared"/real/boards/docker-compose.yml
shape 'Infrahub' c.yml s/7.2.4/7.2.5/ --service cache --to 7.2.5 <"$shared"/real/infrahub/docker-compose.yml
shape 'Infrahub chart' Chart.yaml 's/5.20.0/5.26.0/' --image neo4j --to 5.26.0 <"$shared"/real/infrahub/helm/Chart.yaml
fi
finish
