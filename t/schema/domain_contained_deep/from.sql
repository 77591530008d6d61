CREATE DOMAIN base AS text CONSTRAINT c CHECK (VALUE <> ''); CREATE DOMAIN derived AS base; CREATE TABLE t (d derived[]);
