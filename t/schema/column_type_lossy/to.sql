CREATE TYPE e AS ENUM ('long');
CREATE TABLE t (a jsonb, b jsonb[], c timestamp, d timestamptz, e interval year to month, f interval, g interval day to minute, h interval day to second(4),
    i bit(6), j macaddr8, k varchar(4), l varchar(4)[], m timestamptz, n varchar(3), o text, p char(8));
