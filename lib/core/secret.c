/* secret.c - the list of secrets and the washing of text. */
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/secret.h"

enum { SHORTEST = 4 };

static struct {
	char **word;
	size_t count, room;
} list;

/* One thread may connect while another tells why it failed. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

extern char **environ;

static bool
is_known(const char *s, size_t len)
{
	for (size_t i = 0; i < list.count; i++)
		if (strlen(list.word[i]) == len && !strncmp(list.word[i], s, len))
			return true;
	return false;
}

static void
append(const char *s, size_t len)
{
	if (list.count == list.room) {
		list.room = list.room ? 2 * list.room : 8;
		list.word = mem_must(realloc(list.word, list.room * sizeof *list.word));
	}
	list.word[list.count++] = mem_must(strndup(s, len));
}

static void
add(const char *s, size_t len)
{
	if (len < SHORTEST)
		return;
	pthread_mutex_lock(&lock);
	if (!is_known(s, len))
		append(s, len);
	pthread_mutex_unlock(&lock);
}

void
secret_add(const char *s)
{
	if (s)
		add(s, strlen(s));
}

/* The password of "scheme://user:password@host", as it stands there and with its %XX decoded. */
static void
add_from_url(const char *url)
{
	const char *from = strstr(url, "://"), *at, *colon;
	char *plain, *to;

	if (!from)
		return;
	from += 3;
	at = from + strcspn(from, "/?#");
	while (at > from && *at != '@')
		at--;
	colon = memchr(from, ':', (size_t)(at - from));
	if (*at != '@' || !colon)
		return;
	add(colon + 1, (size_t)(at - colon - 1));
	plain = to = mem_must(malloc((size_t)(at - colon)));
	for (const char *p = colon + 1; p < at; p++) {
		char hex[3] = { 0 };

		if (*p == '%' && at - p > 2) {
			memcpy(hex, p + 1, 2);
			p += 2;
		}
		*to++ = hex[0] ? (char)strtol(hex, NULL, 16) : *p;
	}
	add(plain, (size_t)(to - plain));
	free(plain);
}

void
secret_add_inside(const char *text)
{
	const char *p = strstr(text, "password=");
	size_t quoted;

	add_from_url(text);
	if (!p)
		return;
	p += strlen("password=");
	quoted = *p == '\'';
	add(p + quoted, strcspn(p + quoted, quoted ? "'" : " &"));
}

static bool
ends_with(const char *s, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len >= n && !strncmp(s + len - n, end, n);
}

void
secret_add_environment(void)
{
	static const char *const whole[] = { "PASSWORD", "_TOKEN", "_SECRET" };

	for (char **v = environ; *v; v++) {
		size_t name = strcspn(*v, "=");
		const char *value = (*v)[name] ? *v + name + 1 : "";

		secret_add_inside(value);
		for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
			if (ends_with(*v, name, whole[i]))
				secret_add(value);
	}
}

void
secret_wash(char *text, size_t len)
{
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < list.count; i++) {
		size_t n = strlen(list.word[i]);
		char *p = text;

		while ((p = memmem(p, len - (size_t)(p - text), list.word[i], n))) {
			memset(p, '*', n);
			p += n;
		}
	}
	pthread_mutex_unlock(&lock);
}
