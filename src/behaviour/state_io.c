/*
 * state_io.c - type behaviour_state: its text and binary forms
 */
#include "behaviour/bytes.h"
#include "behaviour/state.h"

AN_SQL(behaviour_state_in)
{
	return an_bytes_in(fcinfo, "behaviour_state", an_behaviour_sound);
}

AN_SQL(behaviour_state_out)
{
	return an_bytes_out(fcinfo);
}

AN_SQL(behaviour_state_recv)
{
	return an_bytes_recv(fcinfo, "behaviour_state", an_behaviour_sound);
}

AN_SQL(behaviour_state_send)
{
	return an_bytes_send(fcinfo);
}
