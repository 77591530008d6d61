CREATE TABLE t (id serial, a int CHECK (a > 0));
CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
	IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() c WHERE c.object_identity LIKE 'event_trigger_refuses.%') THEN
		RAISE '% is refused', tg_tag;
	END IF;
END $$;
CREATE EVENT TRIGGER event_trigger_refuses ON ddl_command_end EXECUTE FUNCTION f();
