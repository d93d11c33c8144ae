using VirtHandover.Bus.Gate;

namespace VirtHandover.Tests.Unit.Bus;

/// <summary>Whole messages, byte by byte.</summary>
internal static class RawMessage
{
    internal const string Bus = "org.freedesktop.DBus";

    internal static byte[] Reply(uint to, string signature = "", RawBody? body = null) =>
        Of(MessageKind.MethodReturn, signature, body, (5, "u", head => head.UInt32(to)), Sender(Bus), (6, "s", head => head.Text(RawBus.UniqueName)));

    internal static byte[] Signal(string sender, string path, string @interface, string member, string signature, RawBody body, uint replyTo = 0) => Of(
        MessageKind.Signal,
        signature,
        body,
        [(1, "o", head => head.Text(path)), (2, "s", head => head.Text(@interface)), (3, "s", head => head.Text(member)), Sender(sender),
            .. replyTo == 0 ? [] : new (byte, string, Action<RawBody>)[] { (5, "u", head => head.UInt32(replyTo)) }]);

    internal static byte[] Call(string sender, string path, string @interface, string member, string signature, RawBody body, uint replyTo = 0) => Of(
        MessageKind.MethodCall,
        signature,
        body,
        [(1, "o", head => head.Text(path)), (2, "s", head => head.Text(@interface)), (3, "s", head => head.Text(member)), Sender(sender),
            .. replyTo == 0 ? [] : new (byte, string, Action<RawBody>)[] { (5, "u", head => head.UInt32(replyTo)) }]);

    /// <summary>As a client sends it.</summary>
    internal static byte[] CallTo(string destination, string path, string @interface, string member, string signature = "", RawBody? body = null) => Of(
        MessageKind.MethodCall,
        signature,
        body,
        (1, "o", head => head.Text(path)),
        (2, "s", head => head.Text(@interface)),
        (3, "s", head => head.Text(member)),
        (6, "s", head => head.Text(destination)));

    private static (byte, string, Action<RawBody>) Sender(string name) => (7, "s", head => head.Text(name));

    private static byte[] Of(MessageKind kind, string signature, RawBody? body, params (byte Code, string Type, Action<RawBody> Value)[] fields)
    {
        var content = body?.Bytes ?? [];
        if (signature.Length > 0)
            fields = [.. fields, (8, "g", head => head.Signature(signature))];
        return
        [
            .. new RawBody().Raw((byte)'l', (byte)kind, 0, 1).UInt32((uint)content.Length).UInt32(7).Array(8, head =>
            {
                foreach (var (code, type, value) in fields)
                {
                    head.Align(8).Raw(code).Signature(type);
                    value(head);
                }
            }).Align(8).Bytes,
            .. content,
        ];
    }
}
