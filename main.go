// Command vmbackup-bot backs up virtual machines of VM Backup from chat. Start with: vmbackup-bot demo.
package main

import (
	"os"

	"vmbackup-bot/adapters/cli"
)

func main() {
	os.Exit(cli.Run(os.Args[1:], cli.IO{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}
