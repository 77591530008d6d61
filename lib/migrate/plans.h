/* plans - styles whose list of migrations, or proof of it, stands in files beside them. Behind
 * dir.h only. */
#ifndef MIGRATE_PLANS_H
#define MIGRATE_PLANS_H

#include "migrate/style.h"

/* drizzle: meta/_journal.json tells the order. */
int migrate_walk_drizzle(struct mem *, struct migrate_dir *, const struct migrate_listing *,
    struct err *);
/* Atlas: the files are those that atlas.sum vouches for. */
int migrate_check_atlas(struct mem *, const struct migrate_dir *, const struct migrate_listing *,
    struct err *);
/* graphile: the hashes in the files' first lines go into their notes. */
int migrate_check_graphile(struct mem *, const struct migrate_dir *, const struct migrate_listing *,
    struct err *);
/* Alembic: each revision names the one before it. */
bool migrate_claims_alembic(const struct migrate_listing *);
int migrate_walk_alembic(struct mem *, struct migrate_dir *, const struct migrate_listing *,
    struct err *);
/* sqitch: sqitch.plan tells the order; deploy/ goes up, revert/ down. */
int migrate_walk_sqitch(struct mem *, struct migrate_dir *, const struct migrate_listing *,
    struct err *);
/* Flyway: a file's settings in FILE.conf. */
int migrate_check_flyway(struct mem *, const struct migrate_dir *, const struct migrate_listing *,
    struct err *);
/* Prisma: migration_lock.toml must be of Postgres. Diesel: x/down.sql beside x/up.sql. */
int migrate_join_directories(struct mem *, const struct migrate_dir *,
    const struct migrate_listing *, struct err *);

#endif
