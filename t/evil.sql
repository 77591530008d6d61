-- evil.sql - schema evil, first in search_path, with a look-alike of each thing of pg_catalog: each
-- function and operator that can be declared in SQL, each table and view. All raise an error when
-- they are called or read.
CREATE SCHEMA evil;
CREATE FUNCTION evil.boom() RETURNS boolean LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'evil was called'; END $$;
DO $do$
DECLARE
	r record;
	kinds text;
BEGIN
	FOR r IN SELECT p.oid, p.proname, p.prorettype, p.proretset, p.proargtypes, p.provariadic
	    FROM pg_catalog.pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace
	    AND p.prokind = 'f' AND NOT p.proname ~ '(in|out|recv|send|handler|support)$'
	LOOP
		kinds := (SELECT pg_catalog.string_agg(CASE WHEN r.provariadic <> 0 AND i = pg_catalog.cardinality(r.proargtypes::oid[])
		    THEN 'VARIADIC ' ELSE '' END || pg_catalog.format_type(a, NULL), ', ' ORDER BY i)
		    FROM pg_catalog.unnest(r.proargtypes::oid[]) WITH ORDINALITY x(a, i));
		BEGIN
			EXECUTE pg_catalog.format('CREATE FUNCTION evil.%I(%s) RETURNS %s %s LANGUAGE plpgsql AS '
			    '$x$ BEGIN RAISE EXCEPTION ''evil.%s was called''; END $x$', r.proname, kinds,
			    CASE WHEN r.proretset THEN 'SETOF' ELSE '' END,
			    pg_catalog.format_type(r.prorettype, NULL), r.proname);
		EXCEPTION WHEN OTHERS THEN NULL;
		END;
	END LOOP;
	FOR r IN SELECT o.oprname, pg_catalog.format_type(o.oprleft, NULL) AS l, pg_catalog.format_type(o.oprright, NULL) AS r,
	    pg_catalog.format_type(o.oprresult, NULL) AS t, o.oid
	    FROM pg_catalog.pg_operator o WHERE o.oprnamespace = 'pg_catalog'::regnamespace AND o.oprleft <> 0
	LOOP
		BEGIN
			EXECUTE pg_catalog.format('CREATE FUNCTION evil.op_%s(%s, %s) RETURNS %s LANGUAGE plpgsql AS '
			    '$x$ BEGIN RAISE EXCEPTION ''evil operator %s was called''; END $x$', r.oid, r.l, r.r, r.t,
			    pg_catalog.replace(r.oprname, '%', '%%'));
			EXECUTE pg_catalog.format('CREATE OPERATOR evil.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = evil.op_%s)',
			    r.oprname, r.l, r.r, r.oid);
		EXCEPTION WHEN OTHERS THEN NULL;
		END;
	END LOOP;
	FOR r IN SELECT c.relname FROM pg_catalog.pg_class c WHERE c.relnamespace = 'pg_catalog'::regnamespace
	    AND c.relkind IN ('r', 'v')
	LOOP
		EXECUTE pg_catalog.format('CREATE VIEW evil.%I AS SELECT evil.boom()', r.relname);
	END LOOP;
END $do$;
GRANT USAGE ON SCHEMA evil TO public;
