/* family.c - the built-in list; users override it with image-policy.json. */
#include <fnmatch.h>
#include <string.h>

#include "manifest/family.h"

#define DUMP_HINT "a new major does not read the old data: dump, change, restore (or pg_upgrade)"

static const struct family families[] = {
	{ .names = "timescale/timescaledb timescale/timescaledb-ha timescaledb pgvector/pgvector "
		   "pgvector ankane/pgvector "
		   "tensorchord/* citusdata/citus pgvecto-rs paradedb/paradedb apache/age",
	    .stateful = true,
	    .hidden = "pg",
	    .hint = DUMP_HINT },
	{ .names = "postgis/postgis postgis cloudnative-pg/postgis pgrouting/pgrouting",
	    .two_until = 10,
	    .stateful = true,
	    .extension = true,
	    .hint = DUMP_HINT },
	{ .names = "postgres postgresql postgresql-repmgr supabase/postgres "
		   "percona-distribution-postgresql "
		   "crunchy-postgres*",
	    .two_until = 10,
	    .stateful = true,
	    .hint = DUMP_HINT
	    "; from 18 on the image also keeps its data in /var/lib/postgresql, not in …/data" },
	{ .names = "mysql mysql-server percona percona-server percona-xtradb-cluster mariadb "
		   "mariadb-galera",
	    .scheme = FAMILY_TWO_MAJOR,
	    .stateful = true,
	    .hint = "the data directory cannot go back to the old series: dump it first" },
	{ .names = "mongo mongodb mongodb-community-server percona-server-mongodb mongodb-sharded",
	    .two_until = 5,
	    .stateful = true,
	    .steps = FAMILY_EACH_MAJOR,
	    .hint = "go through each major, and set the feature compatibility version on each" },
	{ .names = "elasticsearch opensearchproject/opensearch opensearch",
	    .stateful = true,
	    .steps = FAMILY_EACH_MAJOR,
	    .hint = "the indexes of the major before the last are not read: reindex first" },
	{ .names = "mssql/server mssql-server",
	    .scheme = FAMILY_TWO_MAJOR,
	    .stateful = true,
	    .hint = "databases that were opened by the new version do not go back" },
	{ .names = "cockroachdb/cockroach cockroach",
	    .stateful = true,
	    .scheme = FAMILY_TWO_MAJOR },
	{ .names = "neo4j neo4j/neo4j influxdb cassandra scylladb/scylla scylla couchdb couchbase "
		   "couchbase/server solr etcd "
		   "coreos/etcd zookeeper arangodb arangodb/arangodb rethinkdb questdb/questdb "
		   "ravendb/ravendb dgraph/dgraph "
		   "openldap surrealdb/surrealdb spilo-*",
	    .stateful = true },
	{ .names = "getmeili/meilisearch meilisearch",
	    .two_until = 1,
	    .stateful = true,
	    .hint = "the new version does not read the old database: make a dump, and import it" },
	{ .names = "clickhouse/clickhouse-server clickhouse-server clickhouse "
		   "yandex/clickhouse-server",
	    .scheme = FAMILY_SHORT },
	{ .names = "ubuntu canonical/ubuntu", .scheme = FAMILY_TWO_MAJOR },
	{ .names = "jitera-helm jitera*", .scheme = FAMILY_SHORT },
	{ .names = "goauthentik/server goauthentik/ldap goauthentik/proxy goauthentik/worker "
		   "beryju/authentik authentik",
	    .scheme = FAMILY_CALVER,
	    .steps = FAMILY_EACH_MINOR,
	    .month_step = 2,
	    .hint = "authentik is released in the even months; none may be skipped" },
	{ .names = "opsmill/infrahub infrahub opsmill/infrahub-enterprise weirdfingers/boards-* "
		   "boards-backend boards-web",
	    .steps = FAMILY_EACH_MINOR },
	{ .names = "rancher/k3s k3s rancher/rke2* kindest/node rancher/hyperkube kube-apiserver "
		   "kube-controller-manager "
		   "kube-scheduler kube-proxy kubelet hyperkube k0sproject/k0s rancher/rancher "
		   "rancher/rancher-agent",
	    .steps = FAMILY_EACH_MINOR },
	{ .names = "temporalio/server temporalio/auto-setup temporalio/admin-tools istio/pilot "
		   "istio/proxyv2 istio/install-cni "
		   "cilium/cilium cilium/operator* longhornio/longhorn-* rook/ceph "
		   "jetstack/cert-manager-* linkerd/controller "
		   "openebs/* portworx/* vitess/*",
	    .steps = FAMILY_EACH_MINOR },
	{ .names = "gitlab/gitlab-ce gitlab/gitlab-ee gitlab-ce gitlab-ee",
	    .steps = FAMILY_EACH_MINOR,
	    .stops = "15.0 15.4 15.11 16.3 16.7 16.11 17.3 17.5 17.8 17.11 18.2 18.5 18.8 18.11",
	    .hint = "background migrations must have ended before the next stop" },
	{ .names = "nextcloud nextcloud/all-in-one linuxserver/nextcloud owncloud owncloud/server "
		   "frappe/erpnext "
		   "frappe/erpnext-worker frappe/erpnext-nginx frappe/bench erpnext",
	    .steps = FAMILY_EACH_MAJOR },
};

static const struct family plain = { .names = "" };

const char *
family_short_name(const char *image)
{
	static const char *const fronts[] = { "docker.io/", "index.docker.io/",
		"registry-1.docker.io/", "library/" };

	for (size_t i = 0; i < sizeof fronts / sizeof *fronts; i++)
		if (!strncmp(image, fronts[i], strlen(fronts[i])))
			image += strlen(fronts[i]);
	return image;
}

/* Does PATTERN (LEN bytes) match IMAGE or one of its tails behind a slash? A pattern without a
 * slash is the last part. */
static bool
matches(const char *pattern, size_t len, const char *image)
{
	char text[80];

	if (len >= sizeof text)
		return false;
	memcpy(text, pattern, len);
	text[len] = 0;
	for (const char *tail = image; tail;
	     tail = strchr(tail, '/') ? strchr(tail, '/') + 1 : NULL)
		if (!fnmatch(text, tail, FNM_PATHNAME))
			return true;
	return false;
}

const struct family *
family_of(const char *image)
{
	for (size_t i = 0; i < sizeof families / sizeof *families; i++)
		for (const char *p = families[i].names; *p;) {
			size_t len = strcspn(p, " ");

			if (matches(p, len, image))
				return &families[i];
			p += len + strspn(p + len, " ");
		}
	return &plain;
}
