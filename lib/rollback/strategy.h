/* strategy - the way back for a scenario that the rules have found. */
#ifndef ROLLBACK_STRATEGY_H
#define ROLLBACK_STRATEGY_H

#include "rollback/scenario.h"

/* Fill in the verdict's strategy, and what must be known of it. */
void strategy_choose(const struct scenario_given *, struct scenario_verdict *);

#endif
