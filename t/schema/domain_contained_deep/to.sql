CREATE DOMAIN base AS text NOT NULL CONSTRAINT c CHECK (VALUE <> 'x'); CREATE DOMAIN derived AS base; CREATE TABLE t (d derived[]);
