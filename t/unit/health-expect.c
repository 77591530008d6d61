#include "../tap.h"
#include "health/expect.h"

/* Assertions on one document: the text, and y (holds), n (does not), or x (misuse). */
static const char document[] = "{\"a\":{\"b\":[10,\"x\",null,{\"c "
			       "d\":true}]},\"v\":\"6.0.1\",\"n\":3,\"big\":9007199254740993,"
			       "\"a/b\":1,\"m~n\":2,\"\":0,\"0\":\"zero\",\"f\":0.1,\"t\":\"\"}";

static const struct {
	const char *text;
	char want;
} asserts[] = {
	{ "/a/b/0=10", 'y' },
	{ "/a/b/0=10.0", 'y' },
	{ "/a/b/0=\"10\"", 'n' },
	{ "/a/b/1=x", 'y' },
	{ "/a/b/2=null", 'y' },
	{ "/a/b/2", 'y' },
	{ "/a/b/4", 'n' },
	{ "/a/b/-", 'n' },
	{ "/a/b/01", 'n' },
	{ "/0=zero", 'y' },
	{ "/=0", 'y' },
	{ "/a~1b=1", 'y' },
	{ "/m~0n=2", 'y' },
	{ "/v~^6[.]", 'y' },
	{ "/v !~ ^5", 'y' },
	{ "/v~^5", 'n' },
	{ "/n~3", 'n' },
	{ "/v=6.0.1", 'y' },
	{ "/v>6", 'n' },
	{ "/v>\"6\"", 'y' },
	{ "/v<\"7\"", 'y' },
	{ "/n>=3", 'y' },
	{ "/n<3", 'n' },
	{ "/n<=3.5", 'y' },
	{ "/n!=4", 'y' },
	{ "/n!=\"3\"", 'y' },
	{ "/big=9007199254740993", 'y' },
	{ "/big=9007199254740992", 'n' },
	{ "/f=0.1", 'y' },
	{ "/t=\"\"", 'y' },
	{ "/t=", 'y' },
	{ "/v=", 'n' },
	{ ".a.b[0]=10", 'y' },
	{ "$.a.b[3]['c d']=true", 'y' },
	{ "$.a.b[-1][\"c d\"]", 'y' },
	{ "$['a']['b'][0]=10", 'y' },
	{ ".a.b[-5]", 'n' },
	{ ".a['b']", 'y' },
	{ "$", 'y' },
	{ ".", 'y' },
	{ "$['v'] = 6.0.1", 'y' },
	{ "a=1", 'x' },
	{ "", 'x' },
	{ "$.*", 'x' },
	{ "$..a", 'x' },
	{ "$.a[*]", 'x' },
	{ "$.a[0:1]", 'x' },
	{ "$.a[?@.b]", 'x' },
	{ ".a[", 'x' },
	{ ".a['b", 'x' },
	{ ".a b", 'x' },
	{ "/v~[", 'x' },
	{ "/n>true", 'x' },
	{ ".a.", 'x' },
};

static const struct {
	const char *got, *want;
	int floating, same;
} versions[] = {
	{ "6.0.1", "6.0.1", 0, 1 },
	{ "v6.0.1", "6.0.1", 0, 1 },
	{ "6.0.1", "v6.0.1", 0, 1 },
	{ "6.0.1", "6.0", 0, 0 },
	{ "6.0.1", "6", 1, 1 },
	{ "6.0.1", "6-alpine", 1, 1 },
	{ "6.0.1", "6.0.1-alpine", 1, 1 },
	{ "60.1", "6-alpine", 1, 0 },
	{ "5.9", "6", 1, 0 },
	{ "6", "6", 1, 1 },
	{ "vega", "vega", 0, 1 },
	{ "ega", "vega", 0, 0 },
	{ "6.0.10", "6.0.1", 1, 0 },
	{ "latest", "latest", 1, 1 },
	{ "6.0.1", "latest", 1, 0 },
	{ "6.0.1-rc1", "6.0.1", 0, 0 },
};

static char
verdict(struct mem *m, const struct value *v, const char *text)
{
	struct err e = { 0 };
	struct expect_json *x = expect_json_parse(m, text, &e);
	char why[100];

	if (!x)
		return e.code == FAIL_TROUBLE && e.text[0] ? 'x' : '?';
	return expect_json_holds(x, v, why, sizeof why) ? 'y' : 'n';
}

int
main(void)
{
	MEM_SCOPE(m);
	struct err e;
	const struct value *v = value_parse(m, document, strlen(document), &e);

	for (size_t i = 0; i < sizeof asserts / sizeof *asserts; i++) {
		char got = verdict(m, v, asserts[i].text);

		if (!ok(got == asserts[i].want, "'%s' is %c", asserts[i].text, asserts[i].want))
			diag("it is %c", got);
	}
	for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
		ok(expect_version_same(versions[i].got, versions[i].want, versions[i].floating) ==
			versions[i].same,
		    "%s answers, %s%s is asked: %s", versions[i].got, versions[i].want,
		    versions[i].floating ? " (a tag)" : "", versions[i].same ? "good" : "not good");
	ok(expect_code_in("200,204,3xx", 302) && expect_code_in("200", 200) &&
		!expect_code_in("200,3xx", 404),
	    "codes");
	ok(expect_codes_valid("200,3xx", true) && !expect_codes_valid("20", true) &&
		!expect_codes_valid("", true) && !expect_codes_valid("200,", true) &&
		expect_codes_valid("0,7", false) && !expect_codes_valid("x", false),
	    "lists of codes");
	return done();
}
