#!/bin/sh
# thousands of random schemas: t/415 with other seeds; SEEDS="7 9" for some
top=$(cd "$(dirname "$0")/../.." && pwd)
ROUNDS=${ROUNDS-25} SEEDS=${SEEDS-$(seq 1 120 | tr '\n' ' ')} exec sh "$top/t/415-schema-random.t"
