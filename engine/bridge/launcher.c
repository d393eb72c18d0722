/* SPDX-License-Identifier: MIT */
/*
 * What runs before NNI's dispatcher in its process.
 *
 * It makes the process die with us, says which nni it found (descriptor 5),
 * and writes the parameters as that version wants them: 1.x has keys of its
 * own, up to 2.7 advisors are apart, later ones take them as tuners.  Then it
 * becomes `python -m nni`.
 *
 * Two things it mends.  nni 2.10 to 3.0 compares the ids of Hyperband and BOHB,
 * which are texts, with a number, and so ends at their first result (NNI's
 * issue 5263).  And every nni hands a trial's final result to one thread and
 * its end to another, and tuners that hear of the end first raise (TPE:
 * KeyError). NNI's manager tells of the end seconds later and so rarely sees
 * it; we do not wait, so both go to one thread, in their order.
 */
#include "engine/bridge/process.h"

const char bridge_launcher[] =
	"import ctypes, json, os, sys\n"
	"try:\n"
	"    ctypes.CDLL(None).prctl(1, 9, 0, 0, 0)\n"
	"except Exception:\n"
	"    pass\n"
	"parent, folder, params = sys.argv[1:4]\n"
	"if os.getppid() != int(parent):\n"
	"    os._exit(1)\n"
	"os.chdir(folder)\n"
	"params = json.loads(params)\n"
	"def hello(**said):\n"
	"    os.write(5, (json.dumps(said) + '\\n').encode())\n"
	"    os.close(5)\n"
	"try:\n"
	"    import nni\n"
	"except BaseException as problem:\n"
	"    hello(python=sys.version.split()[0], executable=sys.executable,\n"
	"          problem='%s: %s' % (type(problem).__name__, problem))\n"
	"    raise\n"
	"version = nni.__version__\n"
	"numbers = [int(n) for n in version.split('.')[:2] if n.isdigit()]\n"
	"numbers += [0] * (2 - len(numbers))\n"
	"if numbers[0] < 2:\n"
	"    for kind in ('tuner', 'assessor', 'advisor'):\n"
	"        algorithm = params.get(kind)\n"
	"        if not algorithm:\n"
	"            continue\n"
	"        if 'name' in algorithm:\n"
	"            algorithm['builtin%sName' % kind.capitalize()] = \\\n"
	"                algorithm.pop('name')\n"
	"        else:\n"
	"            module, _, name = algorithm['className'].rpartition('.')\n"
	"            algorithm['className'] = name\n"
	"            algorithm['classFileName'] = module + '.py'\n"
	"            algorithm['codeDir'] = algorithm.pop('codeDirectory')\n"
	"elif numbers >= [2, 8] and 'advisor' in params:\n"
	"    params['tuner'] = params.pop('advisor')\n"
	"try:\n"
	"    from nni.runtime import msg_dispatcher_base as base\n"
	"except ImportError:\n"
	"    from nni import msg_dispatcher_base as base\n"
	"enqueue = base.MsgDispatcherBase.enqueue_command\n"
	"def enqueue_in_order(self, command, data):\n"
	"    if command is base.CommandType.TrialEnd:\n"
	"        self.default_command_queue.put((command, data))\n"
	"    else:\n"
	"        enqueue(self, command, data)\n"
	"if 'assessor' not in params:\n"
	"    base.MsgDispatcherBase.enqueue_command = enqueue_in_order\n"
	"try:\n"
	"    from nni.recoverable import Recoverable\n"
	"    is_created = Recoverable.is_created_in_previous_exp\n"
	"    Recoverable.is_created_in_previous_exp = lambda self, id: \\\n"
	"        isinstance(id, int) and is_created(self, id)\n"
	"except (ImportError, AttributeError):\n"
	"    pass\n"
	"hello(nni=version, python=sys.version.split()[0],\n"
	"      executable=sys.executable)\n"
	"import base64, runpy\n"
	"text = base64.b64encode(json.dumps(params).encode()).decode()\n"
	"sys.argv = ['nni', '--exp_params', text]\n"
	"runpy.run_module('nni', run_name='__main__', alter_sys=True)\n";
