CREATE TYPE r AS RANGE (subtype = float4);
