CREATE TYPE e AS ENUM ('long');
CREATE TABLE t (a json, b json[], c timestamptz, d timestamp, e interval year, f interval day to second, g interval, h interval(3),
    i bit(5), j macaddr, k text, l text[], m date, n e, o xml, p char(9));
