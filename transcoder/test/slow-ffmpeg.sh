#!/bin/sh
sleep 60
exit 1
