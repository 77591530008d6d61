#!/bin/sh
# fleet.t - migrate-apply on 500 databases: the same as the quick test does with a few
MANY=500 exec sh "$(dirname "$0")/../360-migrate-fleet.t"
