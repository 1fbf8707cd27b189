package redis

import "github.com/redis/go-redis/v9/maintnotifications"

// noMaintenance keeps the library from asking the server for notifications that only a managed cluster sends.
func noMaintenance() *maintnotifications.Config {
	return &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
}
