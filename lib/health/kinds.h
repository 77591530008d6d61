/* kinds - every kind of target: one file and one row here each. */
#ifndef HEALTH_KINDS_H
#define HEALTH_KINDS_H

#include "health/probe.h"

#define KIND_LIST(X) X(http) X(tcp) X(postgres) X(redis) X(dns) X(exec) X(file) X(container) X(k8s)

#define KIND_DECLARE(name) extern const struct kind kind_##name;
KIND_LIST(KIND_DECLARE)
#undef KIND_DECLARE

#endif
