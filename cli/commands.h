/* SPDX-License-Identifier: MIT */
/* The functions behind the table's commands; each in the file named here. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

struct cli;

/* new.c */
int command_new(struct cli *cli);
/* run.c */
int command_run(struct cli *cli);
int command_resume(struct cli *cli);
/* browse.c */
int command_browse(struct cli *cli);
int command_view(struct cli *cli);
/* foreign.c */
int command_open(struct cli *cli);
/* check.c */
int command_check(struct cli *cli);
/* convert.c */
int command_convert(struct cli *cli);
/* list.c */
int command_list(struct cli *cli);
int command_words(struct cli *cli);
/* show.c */
int command_show(struct cli *cli);
int command_best(struct cli *cli);
/* trials.c */
int command_trials(struct cli *cli);
/* nodes.c */
int command_nodes(struct cli *cli);
/* metrics.c */
int command_metrics(struct cli *cli);
/* logs.c */
int command_log(struct cli *cli);
/* files.c */
int command_files(struct cli *cli);
/* belief.c */
int command_belief(struct cli *cli);
/* importance.c */
int command_importance(struct cli *cli);
/* progress.c */
int command_progress(struct cli *cli);
/* slice.c */
int command_slice(struct cli *cli);
int command_contour(struct cli *cli);
/* events.c */
int command_events(struct cli *cli);
/* control.c */
int command_kill(struct cli *cli);
int command_restart(struct cli *cli);
int command_stop(struct cli *cli);
int command_pause(struct cli *cli);
int command_unpause(struct cli *cli);
int command_set(struct cli *cli);
int command_act(struct cli *cli);
int command_add(struct cli *cli);
int command_change(struct cli *cli);
/* transfer.c */
int command_export(struct cli *cli);
int command_report(struct cli *cli);
int command_import(struct cli *cli);
/* delete.c */
int command_delete(struct cli *cli);
/* diff.c */
int command_diff(struct cli *cli);
/* marks.c */
int command_tag(struct cli *cli);
int command_note(struct cli *cli);
int command_archive(struct cli *cli);
/* tensorboard.c */
int command_tensorboard(struct cli *cli);
/* tuners.c */
int command_tuners(struct cli *cli);
/* bench_tuner.c */
int command_bench_tuner(struct cli *cli);
/* alerts.c */
int command_alerts(struct cli *cli);
/* watch.c */
int command_watch(struct cli *cli);
int command_top(struct cli *cli);
/* nnictl.c */
int command_nnictl(struct cli *cli);
/* nni_shape.c */
int command_nni_trials(struct cli *cli);
int command_nni_trial_log(struct cli *cli);
int command_nni_profile(struct cli *cli);
int command_nni_status(struct cli *cli);
int command_nni_config(struct cli *cli);
int command_nni_list(struct cli *cli);
/* completion.c */
int command_config(struct cli *cli);
int command_completion(struct cli *cli);
/* manual.c */
int command_man(struct cli *cli);
/* help.c */
int command_version(struct cli *cli);
int command_help(struct cli *cli);

#endif
