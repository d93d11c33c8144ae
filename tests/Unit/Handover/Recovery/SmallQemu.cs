using System.Diagnostics;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Tests.Unit.Handover.Recovery;

/// <summary>A process with a monitor and nothing behind it: a QEMU whose guest is paused, as a broken handover leaves its source.</summary>
internal sealed class SmallQemu : IDisposable
{
    private const string Program = """
        import json, socket, sys
        path, manner = sys.argv[1], sys.argv[2]
        server = socket.socket(socket.AF_UNIX)
        server.bind(path)
        server.listen()
        print('up', flush=True)
        status = 'paused'
        while True:
            connection, _ = server.accept()
            while manner == 'mute':
                connection.recv(65536)
            with connection.makefile('rw') as lines:
                def say(value):
                    lines.write(json.dumps(value) + '\r\n')
                    lines.flush()
                say({'QMP': {'version': {'qemu': {'major': 7, 'minor': 2, 'micro': 22}, 'package': ''}, 'capabilities': ['oob']}})
                for line in lines:
                    command = json.loads(line)
                    name, reply = command['execute'], {'return': {}}
                    if name == 'cont':
                        if manner == 'refuses':
                            reply = {'error': {'class': 'GenericError', 'desc': 'Could not open the disk'}}
                        else:
                            status = 'running'
                            open(path + '.continued', 'w').close()
                    if name == 'query-status':
                        reply = {'return': {'status': status, 'running': status == 'running'}}
                    say({**reply, **({'id': command['id']} if 'id' in command else {})})
        """;

    private readonly Process _process;

    private SmallQemu(string monitor, string manner)
    {
        Monitor = monitor;
        _process = Process.Start(new ProcessStartInfo("python3", ["-c", Program, monitor, manner]) { RedirectStandardOutput = true })!;
    }

    internal string Monitor { get; }

    internal ProcessIdentity Identity => ProcessIdentity.Read(ProcRoot.Host, _process.Id);

    /// <summary>Somebody has let its guest go on.</summary>
    internal bool WasContinued => File.Exists(Monitor + ".continued");

    internal bool HasExited => _process.HasExited;

    /// <param name="monitor">The path of its monitor.</param>
    /// <param name="manner"><c>answers</c>, <c>mute</c> (it takes connections and says nothing), or <c>refuses</c> (to go on).</param>
    internal static async Task<SmallQemu> Start(string monitor, string manner = "answers")
    {
        var qemu = new SmallQemu(monitor, manner);
        Assert.Equal("up", await qemu._process.StandardOutput.ReadLineAsync());
        return qemu;
    }

    internal void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }
}
