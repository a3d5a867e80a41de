using System.Text;
using Interp.Cli;

Warming.Begin(args);
using var interrupt = new InterruptSignal();
Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
return InterpCommand.Run(args, Console.Out, Console.Error, cancellation: interrupt.Token);
