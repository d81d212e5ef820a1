package vmbackup

import (
	"slices"
	"strings"
)

// vmOf reads one entry of vms/list.
func vmOf(o object) VM {
	v := VM{
		Ref:            VMRef(strings.TrimSpace(o.text("AltaroVirtualMachineRef"))),
		Name:           o.text("VirtualMachineName"),
		Host:           o.text("HostName"),
		HypervisorUUID: o.text("HypervisorVirtualMachineUuid"),
		HypervisorRef:  o.text("AltaroHypervisorRef"),
		LastBackup:     runOf(o, "LastBackup"),
		LastOffsite:    runOf(o, "LastOffsiteCopy"),
		NextBackup:     o.stamp("NextBackupTime"),
		NextOffsite:    o.stamp("NextOffsiteCopyTime"),
	}
	configured, said := o.flag("Configured")
	v.Configured = configured || (!said && v.Ref != "")
	return v
}

// runOf reads the members of a last run, which share a prefix.
func runOf(o object, prefix string) Run {
	word := strings.TrimSpace(o.text(prefix + "Result"))
	return Run{
		Time:         o.stamp(prefix + "Time"),
		Duration:     o.seconds(prefix + "Duration"),
		Result:       ParseResult(word),
		Word:         word,
		Compressed:   o.bytes(prefix + "TransferSizeCompressed"),
		Uncompressed: o.bytes(prefix + "TransferSizeUncompressed"),
	}
}

// statusOf reads one entry of activity/operation-status.
func statusOf(o object) Status {
	return Status{
		JobID:        OperationGUID(strings.TrimSpace(o.text("JobId"))),
		Operation:    o.text("Operation"),
		SubOperation: o.text("SubOperation"),
		Percentage:   o.percent("Percentage"),
		Status:       strings.TrimSpace(o.text("Status")),
	}
}

// reportOf reads one entry of reports/*. The names of the sizes are inferred from vms/list.
func reportOf(o object) Report {
	word := strings.TrimSpace(o.text("Result"))
	return Report{
		DateTime:      o.stamp("DateTime"),
		Duration:      o.seconds("Duration"),
		Result:        ParseResult(word),
		Word:          word,
		Location:      o.text("Location"),
		Error:         strings.TrimSpace(o.text("Error")),
		Compressed:    o.bytes("TransferSizeCompressed"),
		Uncompressed:  o.bytes("TransferSizeUncompressed"),
		RestoreAsName: o.text("RestoreAsName"),
	}
}

// locationOf reads one entry of backuplocations.
func locationOf(o object) Location {
	return Location{ID: strings.TrimSpace(o.text("BackupLocationId")), Path: o.text("LocationPath")}
}

// readAll turns every entry.
func readAll[T any](entries []object, read func(object) T) []T {
	out := make([]T, 0, len(entries))
	for _, e := range entries {
		out = append(out, read(e))
	}
	return out
}

// newestFirst sorts by DateTime, because the server's order is not documented, and keeps n. Reports without a date come
// last.
func newestFirst(reports []Report, n int) []Report {
	slices.SortStableFunc(reports, func(a, b Report) int {
		switch {
		case b.DateTime.Before(a.DateTime):
			return -1
		case a.DateTime.Before(b.DateTime):
			return 1
		default:
			return 0
		}
	})
	return reports[:min(len(reports), n)]
}
