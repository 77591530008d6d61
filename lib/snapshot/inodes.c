/* inodes.c - a hash table of (device, inode) with linear probing. */
#include <stdint.h>

#include "snapshot/inodes.h"

struct slot {
	dev_t dev;
	ino_t ino;
	char *name;             /* NULL: free */
};

struct inodes {
	struct mem *m;
	struct slot *slot;
	size_t count, room;     /* room: a power of two */
};

struct inodes *
inodes_new(struct mem *m)
{
	struct inodes *t = mem_zero(m, 1, sizeof *t);

	t->m = m;
	t->room = 64;
	t->slot = mem_zero(m, t->room, sizeof *t->slot);
	return t;
}

static struct slot *
find(const struct inodes *t, dev_t dev, ino_t ino)
{
	size_t i = (size_t)(((uint64_t)ino ^ (uint64_t)dev << 32) * 0x9e3779b97f4a7c15u >> 20) &
	    (t->room - 1);

	while (t->slot[i].name && (t->slot[i].dev != dev || t->slot[i].ino != ino))
		i = (i + 1) & (t->room - 1);
	return &t->slot[i];
}

static void
grow(struct inodes *t)
{
	struct slot *old = t->slot;
	size_t room = t->room;

	t->room *= 2;
	t->slot = mem_zero(t->m, t->room, sizeof *t->slot);
	for (size_t i = 0; i < room; i++)
		if (old[i].name)
			*find(t, old[i].dev, old[i].ino) = old[i];
}

const char *
inodes_find(const struct inodes *t, const struct stat *st)
{
	return find(t, st->st_dev, st->st_ino)->name;
}

void
inodes_add(struct inodes *t, const struct stat *st, const char *name)
{
	struct slot *s;

	if (t->count * 2 > t->room)
		grow(t);
	s = find(t, st->st_dev, st->st_ino);
	s->dev = st->st_dev;
	s->ino = st->st_ino;
	s->name = mem_string(t->m, name);
	t->count++;
}
