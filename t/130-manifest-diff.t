#!/bin/sh
# manifest-diff: what is a difference, of which class, and what becomes of the user's own values
. "$(dirname "$0")/lib.sh"

exits 'help' 0 manifest-diff --help
[ "$(awk 'length > 80' out | wc -l)" = 0 ]
verdict $? 'help fits 80 columns'
exits 'version' 0 manifest-diff --version
exits 'one side' 2 manifest-diff -n a.yaml
exits 'a bad option' 2 manifest-diff -n --overides x a b
exits 'no such file' 2 manifest-diff -n missing.yaml missing.yaml

# changes OLD NEW - "class change path: from > to" lines
changes() {
	manifest-diff -n "$@" 2>err |
		jq -r 'select(.result).result.changes[] | "\(.class) \(.change) \([.file, .path] | map(select(. // "" != "")) | join(" ")): \(.from) > \(.to)"' | sort
}

cat >a.yaml <<'END'
# a comment
services:
  web: {image: "nginx:1.25.3", ports: [80, 443]}
  db:
    image: postgres:16
    environment: &env
      A: "1"
      B: two
END
printf 'services:\r\n  db:\r\n    image: '"'postgres:16'"'\r\n    environment: {B: "two", A: '"'1'"'}\r\n  web:\r\n    ports:\r\n    - 80\r\n    - 443\r\n    image: nginx:1.25.3' >b.yaml
changes a.yaml b.yaml >got
same 'order, comments, quotes, styles and line ends are no difference' got </dev/null
[ "$(manifest-diff -n a.yaml b.yaml 2>/dev/null | jq -r 'select(.result).result.structure')" = same ]
verdict $? 'structure: same'

cat >b.yaml <<'END'
services:
  web: {image: "nginx:1.26.0", ports: [80, 8080, 443]}
  db:
    image: postgres:16@sha256:abc
    environment: {A: "1", C: x}
END
changes a.yaml b.yaml >got
same 'classes' got <<'END'
image changed services.db.image: postgres:16 > postgres:16@sha256:abc
image changed services.web.image: nginx:1.25.3 > nginx:1.26.0
structure added services.db.environment.C: null > x
structure added services.web.ports[1]: null > 8080
structure removed services.db.environment.B: two > null
END
printf '{version: "1.10", n: "8080", s: "x", e: "", b: yes, z: ~}\n' >q1.yaml
printf '{version: 1.10, n: 8081, s: x, e: , b: "yes", z: }\n' >q2.yaml
changes q1.yaml q2.yaml >got
same 'quotes that make another type are one: "1.10" is no 1.1' got <<'END'
structure changed n: 8080 > 8081
structure type-changed b: yes > yes
structure type-changed e:  > 
structure type-changed version: 1.10 > 1.10
END
manifest-diff -n q1.yaml q2.yaml 2>/dev/null | jq -r 'select(.result).result.changes[] | select(.path == "version") | "\(.from_type) \(.to_type)"' >got
same 'which, is told' got <<'END'
string number
END
exits 'a gate' 1 manifest-diff -n --fail-on structure a.yaml b.yaml
sed 's/1.25.3/1.25.9/' a.yaml >c.yaml
exits 'that only image tags pass' 0 manifest-diff -n --fail-on structure a.yaml c.yaml
exits 'or nothing' 1 manifest-diff -n --fail-on any a.yaml c.yaml
sed 's/nginx:1.25.3/caddy:1.25.3/' a.yaml >c.yaml
changes a.yaml c.yaml >got
same 'another image is structure' got <<'END'
structure changed services.web.image: nginx:1.25.3 > caddy:1.25.3
END

cat >l1.yaml <<'END'
env: [{name: A, value: 1}, {name: B, value: 2}]
rules: [{host: a, x: 1}, {host: b, x: 2}]
args: [--one, --two, --three]
base: &b {k: 1, j: 2}
user: {<<: *b, j: 3}
END
cat >l2.yaml <<'END'
env: [{name: B, value: 3}, {name: A, value: 1}]
rules: [{host: b, x: 2}]
args: [--zero, --one, --three]
base: {k: 1, j: 2}
user: {k: 1, j: 3}
END
changes l1.yaml l2.yaml >got
same 'lists by name, host or likeness; merges are what they stand for' got <<'END'
structure added args[0]: null > --zero
structure changed env[name=B].value: 2 > 3
structure removed args[1]: --two > null
structure removed rules[host=a]: {2 keys} > null
END

printf 'kind: Service\nmetadata: {name: a}\nspec: {x: 1}\n---\nkind: Deployment\nmetadata: {name: a, namespace: n}\nspec: {x: 1}\n' >k1.yaml
printf 'kind: Deployment\nmetadata: {namespace: n, name: a, labels: {helm.sh/chart: c-2}}\nspec: {x: 2}\n---\n---\nkind: Service\nmetadata: {name: a}\nspec: {x: 1}\n---\nkind: Secret\nmetadata: {name: s}\n' >k2.yaml
changes k1.yaml k2.yaml >got
same 'Kubernetes objects by kind, namespace, name' got <<'END'
structure added (Deployment/n/a).metadata.labels: null > {1 keys}
structure added (Secret/s): null > {2 keys}
structure changed (Deployment/n/a).spec.x: 1 > 2
END

# charts
mkdir -p old/templates
printf 'apiVersion: v2\nname: c\nversion: 1.0.0\nappVersion: "5"\n' >old/Chart.yaml
cat >old/values.yaml <<'END'
image: {repository: acme/app, tag: "5.0"}
replicas: 1
service: {port: 80, kind: ClusterIP}
ingress: {enabled: false}
resources: {}
logLevel: info
cache: {size: 1}
END
cat >old/templates/d.yaml <<'END'
{{- if .Values.extra }}
x: {{ .Values.extra | quote }}
{{- end }}
metadata:
  name: {{ include "c.name" . }}
  labels:
    helm.sh/chart: {{ include "c.chart" . }}
  annotations:
    checksum/config: 111
spec:
  replicas: {{ .Values.replicas }}
END
cp -r old new
printf 'apiVersion: v2\nname: c\nversion: 1.0.1\nappVersion: "6"\n' >new/Chart.yaml
sed 's/"5.0"/"6.0"/' old/values.yaml >new/values.yaml
sed 's/111/222/' old/templates/d.yaml >new/templates/d.yaml
changes old new >got
same 'a chart where only tags and noise differ' got <<'END'
image changed values.yaml image.tag: 5.0 > 6.0
noise changed Chart.yaml appVersion: 5 > 6
noise changed Chart.yaml version: 1.0.0 > 1.0.1
noise changed templates/d.yaml metadata.annotations.checksum/config: 111 > 222
END
exits 'is the same in structure' 0 manifest-diff -n --fail-on structure old new
sed 's/if .Values.extra/if .Values.other/' old/templates/d.yaml >new/templates/d.yaml
exits 'another condition in a template is not' 1 manifest-diff -n --fail-on structure old new

cat >new/values.yaml <<'END'
image: {repository: acme/app, tag: "6.0"}
replicas: 3
service: {port: 8080}
networking: {kind: ClusterIP}
ingress: true
resources: {}
logLevel: warn
cache: {size: 1}
END
cat >mine.yaml <<'END'
replicas: 3
service: {port: 81, kind: NodePort}
ingress: {enabled: true}
resources: {limits: {cpu: 1}}
extra: x
nothing: y
cache: {size: 2}
END
manifest-diff -n --overrides mine.yaml old new 2>err | jq -r 'select(.result).result.overrides[] | "\(.path) \(.state) \(.candidates // [] | join(","))"' >got
same 'overrides' got <<'END'
cache.size untouched 
extra untouched 
ingress type-changed 
nothing dead 
replicas now-default 
resources.limits.cpu untouched 
service.kind moved networking.kind
service.port default-changed 
END
exits 'as a gate' 1 manifest-diff -n --fail-on overrides --overrides mine.yaml old new

# forms
manifest-diff -n --format text a.yaml b.yaml 2>/dev/null | tail -1 >got
same 'text' got <<'END'
structure: differs
END
manifest-diff -n --format markdown a.yaml b.yaml 2>/dev/null | sed -n 5p >got
same 'markdown' got <<'END'
| removed | structure | `services.db.environment.B` | two |
END

# git
if command -v git >/dev/null; then
	git init -q r && cp a.yaml r/x.yaml && mkdir r/d && cp a.yaml r/d/y.yaml
	cd r || exit 1
	git add . && git -c user.name=t -c user.email=t@example.com commit -qm one
	cp ../b.yaml x.yaml
	[ "$(changes git:HEAD:x.yaml x.yaml | wc -l)" = 5 ]
	verdict $? 'a file of a revision'
	changes git:HEAD:d d >got
	same 'a directory of a revision' got </dev/null
	exits 'no such revision' 2 manifest-diff -n git:nowhere:x.yaml x.yaml
	cd .. || exit 1
fi
finish
