package slacktest

import (
	"maps"
	"slices"
	"strings"
)

func (s *Server) usersInfo(c *call) answer {
	u := s.users[c.arg("user")]
	if u == nil {
		return refuse("user_not_found")
	}
	return ok(object{"user": wireUser(u)})
}

func (s *Server) botsInfo(c *call) answer {
	if id := c.arg("bot"); id != BotID {
		return refuse("bot_not_found")
	}
	return ok(object{"bot": object{"id": BotID, "app_id": AppID, "user_id": BotUser, "name": "vmbackup", "deleted": false}})
}

func wireUser(u *User) object {
	o := object{
		"id": u.ID, "team_id": u.Team, "name": u.Name, "real_name": u.Name, "deleted": u.Deleted, "is_bot": u.Bot,
		"is_app_user": false, "is_admin": false, "is_owner": false, "is_restricted": u.Guest, "is_ultra_restricted": false,
		"profile": object{"team": u.Team, "real_name": u.Name, "display_name": u.Name},
		"tz":      "Europe/Berlin", "tz_offset": 3600, "updated": 1700000000,
	}
	if u.Stranger {
		o["is_stranger"] = true
	}
	if u.Enterprise != "" {
		o["enterprise_user"] = object{
			"id": u.ID, "enterprise_id": u.Enterprise, "enterprise_name": "Backup Organisation",
			"is_admin": false, "is_owner": false, "teams": []string{u.Team},
		}
	}
	return o
}

func (s *Server) usergroupsList(c *call) answer {
	list := make([]object, 0, len(s.groups))
	for _, id := range slices.Sorted(maps.Keys(s.groups)) {
		o := object{
			"id": id, "team_id": s.opts.Team, "is_usergroup": true, "name": strings.ToLower(id), "handle": strings.ToLower(id),
			"description": "", "date_create": 1700000000, "date_update": 1700000000, "date_delete": 0, "user_count": len(s.groups[id]),
		}
		if c.yes("include_users") {
			o["users"] = append([]string{}, s.groups[id]...)
		}
		list = append(list, o)
	}
	return ok(object{"usergroups": list})
}

func (s *Server) usergroupsUsers(c *call) answer {
	users, known := s.groups[c.arg("usergroup")]
	if !known {
		return refuse("no_such_subteam")
	}
	return ok(object{"users": append([]string{}, users...)})
}
