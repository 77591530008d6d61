CREATE FUNCTION keep(state anyelement, value anyelement) RETURNS anyelement LANGUAGE sql IMMUTABLE AS 'SELECT value';
CREATE FUNCTION total(state integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT state';
CREATE AGGREGATE direct(anyelement ORDER BY anyelement) (SFUNC = keep, STYPE = anyelement);
CREATE AGGREGATE plain(ORDER BY anyelement) (SFUNC = keep, STYPE = anyelement);
CREATE AGGREGATE ranked(VARIADIC "any" ORDER BY VARIADIC "any") (SFUNC = ordered_set_transition_multi, STYPE = internal,
	FINALFUNC = rank_final, FINALFUNC_EXTRA, HYPOTHETICAL);
GRANT EXECUTE ON FUNCTION ranked(VARIADIC "any") TO pg_monitor;
CREATE AGGREGATE moving(integer) (SFUNC = int4pl, STYPE = integer, MSFUNC = int4pl, MINVFUNC = int4mi, MSTYPE = integer, MFINALFUNC = total);
