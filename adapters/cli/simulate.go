package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"vmbackup-bot/vmbackup/simulator"
)

// simulateOptions are the flags of simulate.
type simulateOptions struct {
	Listen, Version string
	// Speed is how many times faster than real time the clock runs.
	Speed float64
	Seed  uint64
	// HTTP serves without TLS.
	HTTP bool
}

// validate refuses what would not be a simulated server for this machine alone.
func (o simulateOptions) validate() error {
	host, _, err := net.SplitHostPort(o.Listen)
	switch {
	case err != nil:
		return usageError{fmt.Errorf("--listen %q is not host:port", o.Listen)}
	case !isLoopback(host):
		return usageError{withHint(fmt.Errorf("--listen %q is not on loopback", o.Listen), "the simulated server is for this machine alone: use 127.0.0.1:PORT")}
	case o.Version != "8" && o.Version != "9.0" && o.Version != "9.1":
		return usageError{fmt.Errorf("--version %q is not one of 8, 9.0, 9.1", o.Version)}
	}
	return validSpeed(o.Speed)
}

// maxSpeed keeps what is measured by the fast clock, such as a session's five minutes, within a duration.
const maxSpeed = 1e6

// validSpeed judges the flag --speed.
func validSpeed(speed float64) error {
	if speed > 0 && speed <= maxSpeed { // false for what is not a number
		return nil
	}
	return usageError{fmt.Errorf("--speed must be greater than 0, and at most %g", maxSpeed)}
}

// leastIdle is how long a session of a fast simulated server rests at least, by its clients' clock: longer than the ten
// seconds after which the bot gives one back by itself.
const leastIdle = 15 * time.Second

// idleExpiry is how long a session may rest by the server's own clock.
func idleExpiry(speed float64) time.Duration {
	return max(simulator.DefaultIdleExpiry, time.Duration(float64(leastIdle)*speed))
}

// runSimulate is a simulated VM Backup server until ctx ends. One line on standard output says that it is ready, and how
// to reach it.
func runSimulate(ctx context.Context, o simulateOptions, io IO) error {
	if err := o.validate(); err != nil {
		return err
	}
	sim, err := simulator.New(simulator.Options{
		Version: o.Version, Seed: o.Seed, Speed: o.Speed, HTTP: o.HTTP,
		Settings: simulator.Settings{IdleExpiry: idleExpiry(o.Speed)},
	})
	if err != nil {
		return err
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", o.Listen)
	if err != nil {
		return fmt.Errorf("listen for the simulated server: %w", err)
	}
	if _, err := fmt.Fprintf(io.Out, "url=%s fingerprint=%s username=%s password=%s\n",
		sim.BaseURL(listener.Addr().String()), sim.Fingerprint(), sim.Username(), sim.Password()); err != nil {
		return errors.Join(err, listener.Close())
	}
	return sim.Serve(ctx, listener)
}
