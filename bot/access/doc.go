// Package access decides who may do what to which virtual machine, and says why.
//
// The policy file is the only source. [Parse] reads the whole of it, strictly, and reports everything that is wrong with
// it at once; a file with a fault is never used in part. Nothing that the file does not grant is allowed.
//
// A grant answers a [Question] when all of it fits: the account (or a group it is in), the place, the verb and the VM. What
// a grant excepts is never allowed by that grant, but may be by another. Of several grants that fit, the one without a
// limit decides, else the one with the highest.
//
// An [Access] holds the policy in force, the list of VMs and what it learned from each platform's [Directory]. It keeps
// decisions for an account, a place and a verb for at most a minute; a new policy and a new list of VMs drop them. A
// look-up that fails grants nothing. A file that became bad leaves the last good policy in force, and [Access.Status]
// says so; one that was bad from the start refuses everybody.
package access
